"""Writes datasets of many chunks with every index, and index/expected.json.

Run: pip install h5py numpy; python make_index.py
Written with h5py 3.16 (libhdf5 2.0.0). Chunks over the edge that are stored without filters are
asked for through its libhdf5.
"""

import ctypes
import glob
import json
import os
import pathlib
import zlib

import h5py
import numpy as np

HERE = pathlib.Path(__file__).parent / "index"
LIBRARY = ctypes.CDLL(glob.glob(os.path.dirname(h5py.__file__) + "/../h5py.libs/libhdf5-*")[0])
RNG = np.random.default_rng(20260402)


def numbers(*shape):
    return RNG.integers(0, 1 << 14, size=shape).astype("u2")


def make(f):
    gzip = {"compression": "gzip"}
    f.create_dataset("fixed", data=numbers(40, 30), chunks=(1, 1))
    f.create_dataset("fixed_gzip", data=numbers(35, 31), chunks=(1, 1), **gzip)
    f.create_dataset("may_grow_gzip", data=numbers(9, 33), chunks=(2, 4), maxshape=(90, 100), **gzip)
    f.create_dataset("first", data=numbers(600, 2), chunks=(1, 2), maxshape=(None, 2))
    f.create_dataset("second_gzip", data=numbers(3, 500), chunks=(1, 2), maxshape=(3, None), **gzip)
    f.create_dataset("middle", data=numbers(2, 60, 5), chunks=(1, 1, 2), maxshape=(4, None, 7))
    f.create_dataset("both", data=numbers(40, 31), chunks=(1, 2), maxshape=(None, None))
    f.create_dataset("both_gzip", data=numbers(40, 31), chunks=(1, 2), maxshape=(None, None), **gzip)
    d = f.create_dataset("far_gzip", shape=(60000,), dtype="u2", chunks=(1,), maxshape=(None,), fillvalue=5, **gzip)
    for place in [0, 3, 4, 100, 3000, 30000, 59999]:
        d[place] = place % 1000
    d = f.create_dataset("shrunk", data=numbers(50, 8), chunks=(3, 3), maxshape=(None, None))
    d.resize((20, 5))
    d = f.create_dataset("shrunk_first", data=numbers(50, 8), chunks=(3, 3), maxshape=(None, 8))
    d.resize((20, 8))
    for name, maxshape in [("edges", None), ("edges_first", (None, 11)), ("edges_both", (None, None))]:
        plist = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        plist.set_chunk((3, 4))
        plist.set_deflate(4)
        LIBRARY.H5Pset_chunk_opts(ctypes.c_int64(plist.id), ctypes.c_uint(2))
        unlimited = maxshape and tuple(h5py.h5s.UNLIMITED if n is None else n for n in maxshape)
        space = h5py.h5s.create_simple((31, 11), unlimited or (31, 11))
        d = h5py.h5d.create(f.id, name.encode(), h5py.h5t.STD_U16LE, space, plist)
        d.write(h5py.h5s.ALL, h5py.h5s.ALL, numbers(31, 11))
    plist = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    plist.set_chunk((2, 3))
    plist.set_alloc_time(h5py.h5d.ALLOC_TIME_EARLY)
    d = h5py.h5d.create(f.id, b"implicit", h5py.h5t.STD_U16LE, h5py.h5s.create_simple((21, 8), (30, 20)), plist)
    d.write(h5py.h5s.ALL, h5py.h5s.ALL, numbers(21, 8))


def main():
    HERE.mkdir(exist_ok=True)
    os.chdir(HERE)
    expected = {}
    for version in ["earliest", "v110", "latest"]:
        name = f"index_{version}.h5"
        with h5py.File(name, "w", libver=("earliest" if version == "earliest" else version, "latest" if version == "latest" else "v110")) as f:
            make(f)
        with h5py.File(name, "r") as f:
            expected[name] = {}
            for path, d in f.items():
                data = d[()].astype("<u2")
                chunks = d.id.get_num_chunks()
                expected[name][path] = {"shape": list(d.shape), "crc": zlib.crc32(data.tobytes()), "chunks": chunks}
    pathlib.Path("expected.json").write_text(json.dumps(expected, indent=0, sort_keys=True) + "\n")


main()
