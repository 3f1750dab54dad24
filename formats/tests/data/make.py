"""Writes the small files of this folder.

Run: pip install h5py numpy; python make.py
Written with h5py 3.16 (libhdf5 2.0.0).

stack.head: the head of a 1 GiB stack of 388 projections 1024 x 1352 uint16 in one piece, whose
samples are left out: a test serves zeros for them.
links.h5, links_other.h5: links of every kind, within a file and between two, that lead somewhere,
nowhere, and round in circles.
plots_v2.h5, plots_v1.h5: default plots by the old rules of NeXus.
growing.h5: chunks that were never written, and a copy of it that was cut.
"""

import pathlib

import h5py
import numpy as np

HERE = pathlib.Path(__file__).parent


def stack():
    path = HERE / "stack.tmp"
    with h5py.File(path, "w") as f:
        f.attrs["default"] = "entry"
        entry = f.create_group("entry")
        entry.attrs["NX_class"] = "NXentry"
        entry.attrs["default"] = "data"
        data = entry.create_group("data")
        data.attrs["NX_class"] = "NXdata"
        data.attrs["signal"] = "data"
        plist = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        plist.set_alloc_time(h5py.h5d.ALLOC_TIME_EARLY)
        plist.set_fill_time(h5py.h5d.FILL_TIME_NEVER)
        space = h5py.h5s.create_simple((388, 1024, 1352))
        dataset = h5py.h5d.create(data.id, b"data", h5py.h5t.NATIVE_UINT16, space, plist)
        offset = dataset.get_offset()
    size = path.stat().st_size
    head = path.open("rb").read(offset)
    (HERE / "stack.head").write_bytes(head)
    path.unlink()
    print("stack: data at", offset, "size", size)


def links():
    with h5py.File(HERE / "links_other.h5", "w") as f:
        f["data"] = np.arange(12, dtype="u2").reshape(3, 4)
        f["data"].attrs["units"] = "counts"
        f["back"] = h5py.ExternalLink("links.h5", "/forth")
        f["group/inner"] = np.arange(3.0)
        f["soft"] = h5py.SoftLink("/group")
    with h5py.File(HERE / "links.h5", "w") as f:
        f["here"] = np.arange(5)
        f["entry/data"] = h5py.SoftLink("../here")
        f["entry/absolute"] = h5py.SoftLink("/here")
        f["entry/dot"] = h5py.SoftLink("./beside")
        f["entry/beside"] = np.arange(2)
        f["dangling"] = h5py.SoftLink("/not/there")
        f["circle"] = h5py.SoftLink("/circle")
        f["hard_circle"] = f["/"]
        f["other"] = h5py.ExternalLink("links_other.h5", "/data")
        f["other_group"] = h5py.ExternalLink("links_other.h5", "/soft")
        f["other_missing"] = h5py.ExternalLink("links_other.h5", "/missing")
        f["forth"] = h5py.ExternalLink("links_other.h5", "/back")
        f["absent"] = h5py.ExternalLink("absent.h5", "/data")
        f["escape"] = h5py.ExternalLink("/etc/passwd", "/data")
        f["self"] = h5py.ExternalLink(".", "/self")


def plots():
    with h5py.File(HERE / "plots_v2.h5", "w") as f:
        entry = f.create_group("mantid_workspace_1")
        entry.attrs["NX_class"] = "NXentry"
        data = entry.create_group("workspace")
        data.attrs["NX_class"] = "NXdata"
        values = data.create_dataset("values", data=np.arange(12.0).reshape(3, 4))
        values.attrs["signal"] = np.int32(1)
        values.attrs["axes"] = "axis2,axis1"
        values.attrs["units"] = "Counts"
        data["errors"] = np.ones((3, 4))
        data["axis1"] = np.arange(5.0)
        data["axis1"].attrs["units"] = "TOF"
        data["axis2"] = np.arange(3.0)
    with h5py.File(HERE / "plots_v1.h5", "w") as f:
        entry = f.create_group("entry1")
        entry.attrs["NX_class"] = "NXentry"
        entry["title"] = "an old scan"
        data = entry.create_group("data")
        data.attrs["NX_class"] = "NXdata"
        data["counts"] = np.arange(6, dtype="i4")
        data["counts"].attrs["signal"] = b"1"
        data["time"] = np.arange(6.0)
        data["time"].attrs["axis"] = "1"
        data["angle"] = np.arange(6.0) * 2
        data["angle"].attrs["axis"] = "1"
        data["angle"].attrs["primary"] = "1"
        data["angle"].attrs["long_name"] = "two theta"
        data["angle"].attrs["units"] = "deg"


def growing():
    path = HERE / "growing.h5"
    with h5py.File(path, "w", libver="v110") as f:
        d = f.create_dataset("frames", (6, 8, 8), "u2", chunks=(1, 8, 8), fillvalue=7, maxshape=(None, 8, 8))
        for i in [0, 1, 4]:
            d[i] = np.full((8, 8), 10 * i)
        f["texts"] = np.array(["first", "zweite mit \u00e4", ""], dtype=h5py.string_dtype())
        f["flags"] = np.array([True, False])
        f["last"] = np.arange(3000, dtype="f8").reshape(30, 100)


stack()
links()
plots()
growing()
