"""Writes the files of `cargo xtask bench remote --peers` into a folder, once.

    python data.py FOLDER [--small]

tree_earliest.h5, tree_latest.h5   10,780 objects as NeXus writers make them
eiger_u32.h5                       200 frames of 2162 x 2068, bitshuffle and LZ4, B-tree of version 1
eiger_u16.h5                       the same in the latest format: extensible array
tomo_sparse.h5                     a contiguous stack of 1 TB, of which three frames were written

--small writes 24 frames instead of 200. A file that is there is not written again.
"""

import os
import sys

import h5py
import hdf5plugin
import numpy as np

folder = sys.argv[1]
small = "--small" in sys.argv
os.makedirs(folder, exist_ok=True)
rng = np.random.default_rng(1)


def once(name, write):
    """Writes a file beside its place and renames it, unless it is there."""
    path = os.path.join(folder, name)
    if os.path.exists(path):
        return
    write(path + ".part")
    os.rename(path + ".part", path)
    print(f"{path}: {os.path.getsize(path) / 1e6:.1f} MB", flush=True)


def eiger(path, dtype, libver=None):
    height, width = 2162, 2068
    frames = 24 if small else 200
    y, x = np.mgrid[0:height, 0:width]
    r = np.hypot(y - 1100, x - 1030)
    rate = 8 * np.exp(-r / 350) + 0.15 + 3 * np.exp(-(((r - 500) / 12) ** 2)) + 1.5 * np.exp(-(((r - 800) / 15) ** 2))
    bad = np.zeros((height, width), bool)
    bad[512:550] = bad[1062:1100] = bad[1612:1650] = True
    bad[:, 1028:1040] = True
    base = []
    for _ in range(16):
        frame = rng.poisson(rate).astype(dtype)
        for _ in range(40):
            a, b = rng.integers(10, height - 10), rng.integers(10, width - 10)
            frame[a - 2 : a + 3, b - 2 : b + 3] += dtype(rng.integers(20, 800))
        frame[bad] = np.iinfo(dtype).max
        base.append(frame)
    with h5py.File(path, "w", libver=libver) as file:
        group = file.create_group("entry/data")
        group.attrs["NX_class"] = "NXdata"
        data = group.create_dataset(
            "data",
            (frames, height, width),
            dtype,
            chunks=(1, height, width),
            maxshape=(None, height, width),
            **hdf5plugin.Bitshuffle(nelems=0, cname="lz4"),
        )
        for index in range(frames):
            frame = np.roll(base[index % 16], (index // 16) * 3, axis=1).copy()
            frame[0, 0] = index
            data[index] = frame


def sparse(path):
    """1 TB of address space: only three frames are on the disk."""
    height = width = 2048
    frames = 1_000_000_000_000 // (height * width * 2)
    with h5py.File(path, "w") as file:
        group = file.create_group("entry/data")
        group.attrs["NX_class"] = "NXdata"
        group.attrs["signal"] = "data"
        data = group.create_dataset("data", (frames, height, width), np.uint16, fill_time="never")
        for index in (0, frames // 2, frames - 1):
            frame = rng.poisson(1000, (height, width)).astype(np.uint16)
            frame[0, 0] = index % 65536
            data[index] = frame


def tree(path, **options):
    compound = np.dtype([("x", "f8"), ("n", "i4"), ("name", h5py.string_dtype()), ("v", "f4", (3,))])
    image_key = h5py.enum_dtype({"SAMPLE": 0, "FLAT": 1, "DARK": 2}, basetype="i1")
    with h5py.File(path, "w", **options) as file:
        file.attrs["default"] = "entry0000"
        for scan in range(500):
            entry = file.create_group(f"entry{scan:04d}")
            entry.attrs["NX_class"] = "NXentry"
            entry.attrs["default"] = "plot"
            entry["title"] = f"scan {scan} µm"
            entry["start_time"] = "2026-01-01T00:00:00"
            instrument = entry.create_group("instrument")
            instrument.attrs["NX_class"] = "NXinstrument"
            for motor in range(5):
                positioner = instrument.create_group(f"pos{motor}")
                positioner.attrs["NX_class"] = "NXpositioner"
                value = positioner.create_dataset("value", data=np.arange(50) * 0.1 * motor)
                value.attrs["units"] = "mm"
                positioner["name"] = f"motor{motor}"
            plot = entry.create_group("plot")
            plot.attrs["NX_class"] = "NXdata"
            plot.attrs["signal"] = "counts"
            plot.attrs["axes"] = ["x"]
            plot.create_dataset("counts", data=rng.poisson(5, 50), compression="gzip")
            plot["x"] = h5py.SoftLink("../instrument/pos0/value")
            if scan < 20:
                odd_types(entry, instrument, plot, compound, image_key)
            if scan == 0:
                for index in range(60):
                    entry.attrs[f"dense{index:02d}"] = index


def odd_types(entry, instrument, plot, compound, image_key):
    rows = np.zeros(3, compound)
    rows["x"] = [1, 2, 3]
    rows["name"] = ["a", "bb", "ccc"]
    entry["table"] = rows
    entry.create_dataset("image_key", data=np.array([0, 1, 2], "i1"), dtype=image_key)
    entry["strs"] = np.array(["alpha", "βeta", ""], dtype=h5py.string_dtype())
    entry["fixed"] = np.array([b"abc", b"de"], dtype="S5")
    entry["ref"] = np.array([instrument.ref, plot.ref], dtype=h5py.ref_dtype)
    entry["bool"] = np.array([True, False])
    entry["vl"] = np.arange(3)
    ragged = entry.create_dataset("ragged", (2,), dtype=h5py.vlen_dtype("i4"))
    ragged[0] = [1, 2, 3]
    ragged[1] = [4]
    entry["cplx"] = np.array([1 + 2j, 3 - 1j])
    entry["half"] = np.array([1.5, 2], "f2")
    entry["empty"] = h5py.Empty("f4")
    entry["opaque"] = np.void(b"\x01\x02\x03")
    entry["scalar"] = np.float64(3.5)
    entry["be"] = np.arange(5, dtype=">i4")


once("tree_earliest.h5", lambda path: tree(path, libver="earliest"))
once("tree_latest.h5", lambda path: tree(path, libver="latest"))
once("eiger_u32.h5", lambda path: eiger(path, np.uint32))
once("eiger_u16.h5", lambda path: eiger(path, np.uint16, libver="latest"))
once("tomo_sparse.h5", sparse)
