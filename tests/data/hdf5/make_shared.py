"""Writes files whose messages are shared between objects, and heaps with filters; shared/expected.json.

Run: pip install h5py numpy; python make_shared.py
Written with h5py 3.16 (libhdf5 2.0.0); what h5py does not set is set through its libhdf5.
"""

import ctypes
import glob
import json
import os
import pathlib

import h5py
import numpy as np

HERE = pathlib.Path(__file__).parent / "shared"
LIBRARY = ctypes.CDLL(glob.glob(os.path.dirname(h5py.__file__) + "/../h5py.libs/libhdf5-*")[0])
ALL_KINDS = 1 << 1 | 1 << 3 | 1 << 5 | 1 << 0xB | 1 << 0xC


def call(name, plist, *values):
    function = getattr(LIBRARY, name)
    function.restype = ctypes.c_int
    assert function(ctypes.c_int64(plist.id), *[ctypes.c_uint(v) for v in values]) >= 0, name


def create(name, version, largest_list):
    """A file with two tables of shared messages: attributes, and all other kinds."""
    plist = h5py.h5p.create(h5py.h5p.FILE_CREATE)
    call("H5Pset_shared_mesg_nindexes", plist, 2)
    call("H5Pset_shared_mesg_index", plist, 0, ALL_KINDS & ~(1 << 0xC), 8)
    call("H5Pset_shared_mesg_index", plist, 1, 1 << 0xC, 8)
    call("H5Pset_shared_mesg_phase_change", plist, largest_list, max(largest_list - 1, 0))
    access = h5py.h5p.create(h5py.h5p.FILE_ACCESS)
    low = h5py.h5f.LIBVER_EARLIEST if version == "earliest" else h5py.h5f.LIBVER_LATEST
    access.set_libver_bounds(low, h5py.h5f.LIBVER_LATEST)
    return h5py.File(h5py.h5f.create(name.encode(), h5py.h5f.ACC_TRUNC, fcpl=plist, fapl=access))


def shared(f):
    record = np.dtype([("a_long_member_name", "f8"), ("another_long_member_name", "i4", (3,))])
    for i in range(12):
        d = f.create_dataset("dataset_%02d" % i, data=np.arange(12).reshape(3, 4) + i, chunks=(2, 4), compression="gzip",
                             fillvalue=77)
        d.attrs["units"] = "micrometre or something longer"
        d.attrs["record"] = np.array([(1.5, (1, 2, 3))], record)
        d.attrs["own"] = i
    many = f.create_group("many")
    for i in range(30):
        many.attrs["attribute_%02d" % i] = "the same text on all of them"
    f.create_dataset("records", data=np.zeros(2, record))
    f.create_dataset("unwritten", shape=(3,), dtype="i4", fillvalue=-5)


def filtered(f):
    plist = h5py.h5p.create(h5py.h5p.GROUP_CREATE)
    call("H5Pset_link_phase_change", plist, 0, 0)
    call("H5Pset_deflate", plist, 6)
    for name, count in [("few", 3), ("some", 60), ("many", 900)]:
        group = h5py.Group(h5py.h5g.create(f.id, name.encode(), gcpl=plist))
        for i in range(count):
            group["link_%04d_%s" % (i, "y" * (i % 60))] = h5py.SoftLink("/target/%d" % i)
    f["few/long"] = h5py.SoftLink("/" + "long" * 3000)


def ordered(f):
    group = f.create_group("links", track_order=True)
    for i in range(5):
        group["b%d" % (9 - i)] = i
    dense = f.create_group("dense", track_order=True)
    for i in range(40):
        dense["b%02d" % (99 - i)] = h5py.SoftLink("/links")
    for name, count in [("few", 5), ("more", 20)]:
        d = f.create_dataset(name, data=1, track_order=True)
        for i in range(count):
            d.attrs["a%02d" % (50 - i)] = i
    f.create_group("by_name", track_order=False)["x"] = 1


def describe(f):
    rows = {}

    def visit(group, path):
        for name in group:
            here = path + name
            link = group.get(name, getlink=True)
            if isinstance(link, h5py.SoftLink):
                rows[here] = {"soft": link.path}
                continue
            item = group[name]
            rows[here] = {"attributes": list(item.attrs)}
            rows[here]["texts"] = {k: v for k, v in item.attrs.items() if isinstance(v, str)}
            if isinstance(item, h5py.Group):
                rows[here]["members"] = list(item)
                visit(item, here + "/")
            elif item.dtype.kind == "i":
                rows[here]["values"] = [int(v) for v in np.ravel(item[()])]

    visit(f, "")
    return rows


def writing(name):
    """A file as it lies on the disk while a SWMR writer has it open, at two moments."""
    with h5py.File("open.h5", "w", libver="latest") as f:
        d = f.create_dataset("growing", shape=(2, 3), maxshape=(None, 3), chunks=(1, 3), dtype="i4")
        f.swmr_mode = True
        d[:] = np.arange(6).reshape(2, 3)
        d.flush()
        pathlib.Path("swmr_before.h5").write_bytes(pathlib.Path("open.h5").read_bytes())
        d.resize(5, axis=0)
        d[2:] = 9
        d.flush()
        pathlib.Path(name).write_bytes(pathlib.Path("open.h5").read_bytes())
    pathlib.Path("open.h5").unlink()


def main():
    HERE.mkdir(exist_ok=True)
    os.chdir(HERE)
    for old in HERE.glob("*.h5"):
        old.unlink()
    expected = {}
    for version in ["earliest", "latest"]:
        for kind, largest_list in [("list", 50), ("tree", 0)]:
            name = f"messages_{kind}_{version}.h5"
            with create(name, version, largest_list) as f:
                shared(f)
            expected[name] = None
    for make in [filtered, ordered]:
        name = f"{make.__name__}.h5"
        with h5py.File(name, "w", libver="latest") as f:
            make(f)
        expected[name] = None
    writing("swmr.h5")
    for name in expected:
        with h5py.File(name, "r") as f:
            expected[name] = describe(f)
    pathlib.Path("expected.json").write_text(json.dumps(expected, indent=0, sort_keys=True) + "\n")


main()
