"""Writes the sample files of this folder, and expected.json with what h5py reads from them.

Run: pip install h5py hdf5plugin numpy fabio extra-data; python make.py
Written with h5py 3.16 (libhdf5 2.0.0), hdf5plugin 7.1, numpy 2.4, fabio 2026.6, extra-data 1.25.

Each part is a file of this folder: make_eiger.py and so on, with a function `write(folder)` that
writes its samples and returns the rows of expected.json: CRC-32 of little-endian samples, by name.
"""

import json
import pathlib

import make_eiger
import make_exdf
import make_nexus

HERE = pathlib.Path(__file__).parent
PARTS = {"eiger": make_eiger, "exdf": make_exdf, "nexus": make_nexus}

if __name__ == "__main__":
    # What make_writers.py wrote stays.
    expected = {"writers": json.loads((HERE / "expected.json").read_text())["writers"]}
    for name, part in PARTS.items():
        folder = HERE / name
        folder.mkdir(exist_ok=True)
        for old in folder.rglob("*.h5"):
            old.unlink()
        expected[name] = part.write(folder)
    text = json.dumps(expected, indent=1, sort_keys=True)
    (HERE / "expected.json").write_text(text + "\n")
