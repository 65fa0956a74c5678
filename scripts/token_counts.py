#!/usr/bin/env python3
"""Writes tokens/tests/counts.tsv: the tokens of each text in tokens/tests/texts.jsonl, by the reference implementation.

The reference fetches its vocabularies from the network when it is first used; here they come from the npm package
`tiktoken`, which ships the same files:

    python3 -m venv venv && venv/bin/pip install tiktoken
    npm pack tiktoken@1.0.22 && tar xzf tiktoken-1.0.22.tgz
    venv/bin/python scripts/token_counts.py package/encoders > tokens/tests/counts.tsv
"""

import base64
import json
import pathlib
import sys

import tiktoken

TEXTS = pathlib.Path(__file__).parent.parent / "tokens" / "tests" / "texts.jsonl"
NAMES = ["cl100k_base", "o200k_base"]


def encoding(folder, name):
    """The reference's own encoding, with ranks read from the package: lines of `! <first rank> <token> <token> ...`."""
    given = json.loads((pathlib.Path(folder) / f"{name}.json").read_text())
    ranks = {}
    for line in given["bpe_ranks"].splitlines():
        _, first, *found = line.split(" ")
        ranks.update((base64.b64decode(token), int(first) + i) for i, token in enumerate(found))
    return tiktoken.Encoding(
        name, pat_str=given["pat_str"], mergeable_ranks=ranks, special_tokens=given["special_tokens"]
    )


encodings = [encoding(sys.argv[1], name) for name in NAMES]
print("line", *NAMES, sep="\t")
for number, line in enumerate(TEXTS.read_text(encoding="utf-8").splitlines(), 1):
    text = json.loads(line)["text"]
    print(number, *(len(each.encode_ordinary(text)) for each in encodings), sep="\t")
