"""Writes nested.h5, raw.h5, raw_a.bin and raw_b.bin: datasets whose samples lie in others.

Run: pip install h5py numpy; python make_sources.py
Written with h5py 3.16 (libhdf5 2.0.0), numpy 2.4.

nested.h5: virtual datasets over virtual ones, of other types, with absent sources, and in circles.
raw.h5: external storage in two raw files, one too short, one absent; what h5py reads is in it too,
as ordinary datasets named expected_*.
"""

import os
import pathlib

import h5py
import numpy as np

os.chdir(pathlib.Path(__file__).parent)


def over(f, name, source, shape, dtype="i4", fill=None, file="."):
    layout = h5py.VirtualLayout(shape=shape, dtype=dtype)
    layout[...] = h5py.VirtualSource(file, source, shape=shape)
    f.create_virtual_dataset(name, layout, fillvalue=fill)


def nested():
    with h5py.File("nested.h5", "w", libver="v110") as f:
        f["base"] = np.array([-3, 7, 70000, 2**31 - 1], "i4")
        f["reals"] = np.array([-1.5, 2.5, 1e10, np.nan])
        over(f, "level1", "base", (4,))
        over(f, "level2", "level1", (4,))
        over(f, "level3", "level2", (4,))
        over(f, "level4", "level3", (4,))
        over(f, "level5", "level4", (4,))
        over(f, "as_u2", "base", (4,), "u2")
        over(f, "as_f8", "base", (4,), ">f8")
        over(f, "reals_as_f4", "reals", (4,), "f4")
        for name in ["as_u2", "as_f8", "reals_as_f4"]:
            f["expected_" + name] = f[name][...].astype(f[name].dtype.newbyteorder("<"))
        over(f, "self", "self", (4,))
        over(f, "ping", "pong", (4,))
        over(f, "pong", "ping", (4,))
        layout = h5py.VirtualLayout(shape=(20, 3), dtype="u2")
        for n in range(20):
            file = "absent_%d.h5" % n if n in (4, 11, 17) else "."
            layout[n] = h5py.VirtualSource(file, "row", shape=(3,))
        f["row"] = np.array([1, 2, 3], "u2")
        f.create_virtual_dataset("gaps", layout, fillvalue=9)


def raw():
    pathlib.Path("raw_a.bin").write_bytes(b"head" + np.arange(100, 112, dtype="<i2").tobytes())
    pathlib.Path("raw_b.bin").write_bytes(np.arange(112, 120, dtype="<i2").tobytes())
    with h5py.File("raw.h5", "w") as f:
        two = [("raw_a.bin", 4, 23), ("raw_b.bin", 1, h5py.h5f.UNLIMITED)]
        f.create_dataset("two", (4, 4), "<i2", external=two)
        f.create_dataset("short", (3, 8), ">i2", external=[("raw_b.bin", 0, 100)])
        f.create_dataset("absent", (4,), "u1", external=[("raw_a.bin", 0, 2), ("no.bin", 0, 2)])
    with h5py.File("raw.h5", "r+") as f:
        for name in ["two", "short"]:
            f["expected_" + name] = f[name][...].astype("<i2")
            print(name, f[name][...])


nested()
raw()
