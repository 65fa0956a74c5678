//! Counts equal those of the reference implementation; `scripts/token_counts.py` made them.

use serde_json::Value;
use tokens::Encoding;

#[test]
fn a_hundred_texts_have_the_tokens_of_the_reference() {
    let texts = include_str!("texts.jsonl").lines().map(|line| {
        let row: Value = serde_json::from_str(line).expect("a line is JSON");
        row["text"].as_str().expect("a text").to_owned()
    });
    let counts = include_str!("counts.tsv").lines().skip(1).map(|line| {
        let numbers: Vec<u64> = line.split('\t').map(|number| number.parse().expect("a number")).collect();
        (numbers[1], numbers[2])
    });
    let (texts, counts): (Vec<_>, Vec<_>) = (texts.collect(), counts.collect());
    assert_eq!((texts.len(), counts.len()), (100, 100));
    for (text, expected) in texts.iter().zip(counts) {
        assert_eq!((Encoding::Cl100kBase.count(text), Encoding::O200kBase.count(text)), expected, "{text:?}");
    }
}
