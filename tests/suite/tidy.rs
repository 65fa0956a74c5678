//! Rules about the code itself, in place of a reviewer who counts.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// The longest source file. Longer ones have grown a second role.
const LINES_MAX: usize = 400;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace").to_owned()
}

/// Every file below the folders of ours with one of the endings, with its text.
fn files(endings: &[&str]) -> Vec<(PathBuf, String)> {
    const FOLDERS: [&str; 14] = [
        "domain",
        "store",
        "projections",
        "payments",
        "notifications",
        "stripe-fake",
        "tokens",
        "rate-limit",
        "api",
        "credit-check",
        "examples",
        "tests",
        "bench",
        "migrations",
    ];
    let mut folders: Vec<PathBuf> = FOLDERS.iter().map(|name| root().join(name)).collect();
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("a folder of ours").flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().and_then(|ending| ending.to_str()).is_some_and(|e| endings.contains(&e)) {
                let text = std::fs::read_to_string(&path).expect("our sources are UTF-8");
                found.push((path, text));
            }
        }
    }
    assert!(!found.is_empty(), "no file with {endings:?}");
    found
}

#[test]
fn every_rule_of_correctness_has_a_test_named_after_it() {
    let wanted: BTreeSet<String> = (1..=30).map(|n| format!("c{n:02}_")).collect();
    let mut missing = wanted.clone();
    for (path, text) in files(&["rs"]) {
        // The cases of a conformance suite become tests where a harness names its log.
        let is_suite = path.components().any(|part| part.as_os_str() == "testing");
        let lines: Vec<&str> = text.lines().map(str::trim).collect();
        for (number, line) in lines.iter().enumerate() {
            let function = line.trim_start_matches("pub ").trim_start_matches("async ");
            let Some(name) = function.strip_prefix("fn ") else { continue };
            let attributes =
                lines[..number].iter().rev().take_while(|line| line.starts_with('#') || line.starts_with("//"));
            let is_test = attributes.clone().any(|line| line.contains("test]") || line.contains("test("));
            if let Some(rule) = name.get(..4).filter(|_| is_test || is_suite) {
                missing.remove(rule);
            }
        }
    }
    assert!(missing.is_empty(), "no test for {missing:?}");
}

#[test]
fn every_event_has_a_golden_file() {
    for (name, version) in domain::Fact::ALL {
        let path = root().join(format!("domain/golden/{name}/{version}.json"));
        assert!(path.is_file(), "{} is missing: see domain/tests", path.display());
    }
}

#[test]
fn every_migration_says_why() {
    for (path, text) in files(&["sql"]) {
        assert!(text.starts_with("-- Why: "), "{} does not begin with a comment `-- Why: `", path.display());
    }
}

/// The lint `float_arithmetic` sees what is computed; this sees what is kept, passed on or cast.
#[test]
fn no_float_is_in_the_crate_of_money() {
    let sources = root().join("domain/src");
    let floats = files(&["rs"]).into_iter().filter(|(path, _)| path.starts_with(&sources)).flat_map(|(path, text)| {
        // What serde has read as a float arrives here, and is refused.
        let lines = text.lines().filter(|line| !line.contains("fn visit_f64"));
        let found: Vec<String> = lines
            .filter(|line| line.contains("f64") || line.contains("f32"))
            .map(|line| format!("{}: {line}", path.display()))
            .collect();
        found
    });
    assert_eq!(floats.collect::<Vec<_>>(), Vec::<String>::new());
}

#[test]
fn files_stay_short() {
    for (path, text) in files(&["rs", "sql"]) {
        let lines = text.lines().count();
        assert!(lines <= LINES_MAX, "{} has {lines} lines; at most {LINES_MAX}", path.display());
    }
}

#[test]
fn every_module_says_what_it_is() {
    for (path, text) in files(&["rs"]) {
        let is_script = path.ends_with("build.rs");
        assert!(is_script || text.starts_with("//!"), "{} does not begin with a `//!` line", path.display());
    }
}

#[test]
fn nothing_is_left_undone() {
    // Written apart so that this file does not find itself.
    let banned = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("dbg", "!("), concat!("unimplemented", "!(")];
    for (path, text) in files(&["rs", "sql"]) {
        for word in banned {
            assert!(!text.contains(word), "{} has {word}", path.display());
        }
        let has = |folder: &str| path.components().any(|part| part.as_os_str() == folder);
        let is_test = path.ends_with("tests.rs") || path.ends_with("testing.rs");
        let is_source = has("src") && !has("testing") && !is_test;
        let production = text.split("#[cfg(test)]").next().unwrap_or_default();
        if is_source && !path.ends_with("lib.rs") {
            assert!(!production.contains(concat!(".unw", "rap()")), "{}: say why it cannot fail", path.display());
        }
    }
}
