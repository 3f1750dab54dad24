#!/usr/bin/env python3
"""Copies some small inputs of a corpus to those that tests replay, chosen by their hashes.

    python3 fuzz/keep.py TARGET CORPUS_FOLDER BYTES [FILTER]    # BYTES for all of them together

FILTER is the place of the filter among the known ones, for a corpus made with HUTCH_FILTER.
"""

import hashlib
import pathlib
import sys

target, corpus, budget = sys.argv[1], pathlib.Path(sys.argv[2]), int(sys.argv[3])
kept = pathlib.Path(__file__).resolve().parent.parent / "formats/tests/data/replay" / target
kept.mkdir(parents=True, exist_ok=True)
inputs = {}
for path in corpus.iterdir():
    data = path.read_bytes()
    if len(sys.argv) > 4:
        data = bytes([data[0] & 0xC0 | int(sys.argv[4])]) + data[1:] if data else data
    if 5 < len(data) <= 2048:
        inputs[hashlib.sha1(data).hexdigest()[:12]] = data
for name, data in sorted(inputs.items()):
    budget -= len(data)
    if budget < 0:
        break
    (kept / name).write_bytes(data)
