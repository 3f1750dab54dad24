#!/usr/bin/env python3
"""Writes the first inputs of the fuzz targets to fuzz/corpus/, from the test data of the project.

    python3 fuzz/seeds.py [BYTES]       # files of at most BYTES, 16384 unless told
"""

import gzip
import pathlib
import struct
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
CORPUS = ROOT / "fuzz" / "corpus"
LIMIT = int(sys.argv[1]) if len(sys.argv) > 1 else 16384

# As in src/files.rs.
IMAGES = ["tif", "npy", "mrc", "vol", "vol.info", "raw"]
BEAMLINE = ["edf", "img", "cbf", "mccd", "edf.gz", "cbf.bz2", "img.gz"]
TABLES = ["spec", "fio", "spec.gz"]
LAYOUTS = ["image_master.h5", "RAW-R0348-AGIPD04-S00002.h5", "CORR-R0348-AGIPD04-S00002.h5", "scan.nxs"]
# As known_filters() of hutch-codecs has them.
FILTERS = [1, 2, 3, 4, 5, 6, 307, 32000, 32001, 32004, 32008, 32013, 32015, 32019, 32026]


def put(target, name, data):
    folder = CORPUS / target
    folder.mkdir(parents=True, exist_ok=True)
    if len(data) <= LIMIT:
        (folder / name).write_bytes(data)


def put_files(target, folder, extensions):
    for path in sorted((ROOT / "tests/data" / folder).rglob("*")):
        ends = [at for at, end in enumerate(extensions) if path.name.endswith("." + end)]
        if path.is_file() and ends:
            put(target, path.name, bytes([ends[-1]]) + path.read_bytes())


for folder in ["hdf5", "malformed"]:
    for path in sorted((ROOT / "tests/data" / folder).rglob("*")):
        if path.is_file() and path.suffix not in {".py", ".json", ".md"}:
            data = path.read_bytes()
            put("hdf5", f"{folder}_{path.name}", data)
            # Behind the file, the byte by which it comes whole or in pieces.
            put("hdf5", f"{folder}_{path.name}.pieces", data + b"\1")
put_files("images", "images", IMAGES)
put_files("beamline", "beamline", BEAMLINE)
put_files("tables", "beamline", TABLES)
scans = (ROOT / "tests/data/beamline/scans.spec").read_bytes()
put("tables", "scans.spec.gz", b"\2" + gzip.compress(scans, mtime=0))
for path in sorted((ROOT / "tests/data/layouts").rglob("*.h5")) + sorted((ROOT / "tests/data/layouts").rglob("*.cxi")):
    name = path.name
    which = 0 if "master" in name else 1 if name.startswith("RAW") else 2 if name.startswith("CORR") else 3
    put("layouts", f"{path.parent.name}_{name}", bytes([which]) + path.read_bytes())

codecs = ROOT / "formats/codecs/tests/data"
blob = (codecs / "chunks.bin").read_bytes()
for line in (codecs / "chunks.txt").read_text().splitlines():
    name, filters, mask, element, start, size, decoded, _ = line.split(" ")
    start, size, decoded = int(start), int(size), int(decoded)
    if ";" in filters or size > 4096 or decoded > 0xFFFF:
        continue
    number, _, parameters = filters.partition(":")
    words = [int(word) for word in parameters.split(",") if word]
    head = struct.pack("<BBHB", FILTERS.index(int(number)), int(element), decoded, len(words))
    chunk = head + struct.pack(f"<{len(words)}I", *words) + blob[start : start + size]
    put(f"filters/{number}", name, chunk)
for name in ["grey", "colour"]:
    decoded = len((codecs / f"{name}.raw").read_bytes())
    head = struct.pack("<BBHB", FILTERS.index(32019), 1, min(decoded, 0xFFFF), 0)
    put("filters/32019", name, head + (codecs / f"{name}.jpg").read_bytes())
for which, name in enumerate(["tilted.poni", "quad.geom", "quad.stream"]):
    put("serial", name, bytes([which]) + (ROOT / "tests/data/serial" / name).read_bytes())
