#!/usr/bin/env python3
"""Writes the small image files of the tests, and what other readers read from them.

Needs numpy, tifffile, imagecodecs (for LZW and zstd) and mrcfile. Run in this
folder; it writes the files and expected.json: for each file and dataset the
shape, the type and the CRC-32 of the samples in little-endian order, all as
the reference reader of the format gives them.
"""

import json
import pathlib
import zlib

import numpy as np

HERE = pathlib.Path(__file__).parent
EXPECTED = {}


def ramp(shape, dtype):
    """Samples that all differ from their neighbours, with the extremes of the type."""
    dtype = np.dtype(dtype)
    count = int(np.prod(shape))
    if dtype.kind in "ui":
        info = np.iinfo(dtype)
        values = (np.arange(count, dtype=np.uint64) * 7919 + 13).astype(dtype)
        if count > 2:
            values[0], values[1] = info.min, info.max
    elif dtype.kind == "f":
        values = (np.arange(count) * 0.37 - 11.5).astype(dtype)
        if count > 2:
            values[0], values[1] = np.nan, np.inf
    elif dtype.kind == "c":
        values = (np.arange(count) - 1j * np.arange(count) / 3).astype(dtype)
    else:
        values = (np.arange(count) % 3 == 0).astype(dtype)
    return values.reshape(shape)


def expect(name, data, path="/data"):
    little = np.ascontiguousarray(data).astype(data.dtype.newbyteorder("<"))
    kind = "uint8" if data.dtype == bool else data.dtype.newbyteorder("=").name
    EXPECTED.setdefault(name, {})[path] = {
        "shape": list(data.shape),
        "dtype": kind,
        "crc32": zlib.crc32(little.tobytes()),
    }


def numpy_arrays():
    types = ["u1", "<u2", ">u2", "<u4", ">i8", "i1", "<i2", "<i4", "<f2", "<f4",
             ">f4", "<f8", ">c8", "<c16", "?"]
    for dtype in types:
        name = f"npy_{np.dtype(dtype).str.translate(str.maketrans('<>|?', 'lbnq'))}.npy"
        np.save(HERE / name, ramp((3, 4, 5), dtype))
        expect(name, np.load(HERE / name))
    np.save(HERE / "npy_fortran.npy", np.asfortranarray(ramp((3, 4, 5), "<u2")))
    expect("npy_fortran.npy", np.load(HERE / "npy_fortran.npy"))
    np.save(HERE / "npy_scalar.npy", np.float64(2.5))
    expect("npy_scalar.npy", np.load(HERE / "npy_scalar.npy"))
    for version in [(2, 0), (3, 0)]:
        name = f"npy_version{version[0]}.npy"
        with open(HERE / name, "wb") as file:
            np.lib.format.write_array(file, ramp((4, 6), "<i4"), version=version)
        expect(name, np.load(HERE / name))
    # Neither is read: objects, and records.
    np.save(HERE / "npy_objects.npy", np.array([{}, 1], dtype=object), allow_pickle=True)
    np.save(HERE / "npy_records.npy", np.zeros(2, dtype=[("x", "<f4"), ("y", "<i2")]))


def main():
    numpy_arrays()
    (HERE / "expected.json").write_text(json.dumps(EXPECTED, indent=1) + "\n")


if __name__ == "__main__":
    main()
