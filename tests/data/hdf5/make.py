"""Writes the sample HDF5 files of this folder, and expected.json with what h5py reads from them.

Run: pip install h5py hdf5plugin numpy; python make.py
Written with h5py 3.16 (libhdf5 2.0.0), hdf5plugin 7.1, numpy 2.4.

The rows of expected.json: for each file, each path with its kind, shape, CRC-32 of the native
little-endian bytes (strings: joined by a zero byte), and attributes.
"""

import json
import pathlib
import zlib

import h5py
import hdf5plugin
import numpy as np

HERE = pathlib.Path(__file__).parent
RNG = np.random.default_rng(20260401)


def frames(shape, dtype="u2"):
    return RNG.poisson(3.0, size=shape).astype(dtype)


def basic(f):
    f.attrs["title"] = "a café"
    f.attrs["fixed"] = np.bytes_("fixed text")
    f.attrs["names"] = np.array(["x", "yy", "zzz"], dtype=h5py.string_dtype())
    f.attrs["fixed_names"] = np.array([b"ab", b"c"], dtype="S4")
    f.attrs["int"] = np.int16(-7)
    f.attrs["uint"] = np.uint64(2**64 - 1)
    f.attrs["floats"] = np.array([[1.5, -2.5], [0.0, 1e300]])
    f.attrs["big"] = np.array([1, -2, 3], dtype=">i4")
    f.attrs["half"] = np.float16(0.333)
    f.attrs["flag"] = np.bool_(True)
    f.attrs["complex"] = np.complex64(1 + 2j)
    f.attrs["empty"] = h5py.Empty("f4")
    f.attrs["colour"] = np.array(2, dtype=h5py.enum_dtype({"RED": 1, "GREEN": 2}, basetype="i1"))
    g = f.create_group("entry/data")
    g.parent.attrs["NX_class"] = "NXentry"
    g.attrs["reference"] = f["entry"].ref
    for name in ["u1", "u2", "u4", "u8", "i1", "i2", "i4", "i8", "f2", "f4", "f8", ">i2", ">u4", ">f4", ">f8", "c8", "c16"]:
        g[name.replace(">", "big_")] = np.arange(-6, 6).reshape(3, 4).astype(name)
    g["scalar"] = 42.5
    g["null"] = h5py.Empty("i4")
    g["zero_size"] = np.zeros((0, 3), "f4")
    g["bool"] = np.array([True, False, True])
    g["text"] = "one string"
    g["texts"] = np.array(["alpha", "", "gämma"], dtype=h5py.string_dtype())
    g["fixed_texts"] = np.array([b"alpha", b"", b"gam"], dtype="S5")
    g["compound"] = np.array([(1, 2.0)], dtype=[("a", "i4"), ("b", "f8")])
    g["opaque"] = np.void(b"\x01\x02\x03")
    g["array"] = np.zeros(2, dtype=[("m", "f4", (3,))])
    g["vlen"] = np.array([np.arange(3), np.arange(2)], dtype=object).astype(h5py.vlen_dtype("i4"))
    g.create_dataset("never_written", shape=(5, 5), dtype="f4", fillvalue=-1.5)
    f["type"] = np.dtype("f4")
    g.create_dataset("committed", data=np.arange(4, dtype="f4"), dtype=f["type"])
    c = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    c.set_layout(h5py.h5d.COMPACT)
    space = h5py.h5s.create_simple((6,))
    d = h5py.h5d.create(g.id, b"compact", h5py.h5t.STD_I32LE, space, c)
    d.write(h5py.h5s.ALL, h5py.h5s.ALL, np.arange(6, dtype="i4"))
    f["soft"] = h5py.SoftLink("/entry/data/u2")
    f["entry/relative"] = h5py.SoftLink("data/u4")
    f["dangling"] = h5py.SoftLink("/not/there")
    f["circle_a"] = h5py.SoftLink("/circle_b")
    f["circle_b"] = h5py.SoftLink("/circle_a")
    f["external"] = h5py.ExternalLink("other.h5", "/entry/x")
    f["hard"] = f["entry/data/f8"]
    f["entry/round"] = f["entry"]


def chunked(f):
    f.create_dataset("gzip_shuffle", data=frames((4, 30, 17)), chunks=(1, 30, 17), compression="gzip", shuffle=True)
    f.create_dataset("edge", data=frames((7, 11), "f4"), chunks=(3, 4), compression="gzip")
    f.create_dataset("checksum", data=frames((7, 11), "i4"), chunks=(3, 4), fletcher32=True, shuffle=True)
    f.create_dataset("plain", data=frames((9, 5), "u1"), chunks=(2, 2))
    f.create_dataset("single", data=frames((9, 5), "u4"), chunks=(9, 5))
    f.create_dataset("single_gzip", data=frames((9, 5), "u4"), chunks=(9, 5), compression="gzip")
    f.create_dataset("growing", data=frames((70, 3), "u2"), chunks=(1, 3), maxshape=(None, 3))
    f.create_dataset("growing_gzip", data=frames((70, 3), "u2"), chunks=(2, 3), maxshape=(None, 3), compression="gzip")
    f.create_dataset("growing_second", data=frames((6, 40), "u2"), chunks=(2, 3), maxshape=(8, None))
    f.create_dataset("growing_both", data=frames((20, 30), "u2"), chunks=(2, 3), maxshape=(None, None))
    f.create_dataset("growing_both_gzip", data=frames((20, 30), "u2"), chunks=(2, 3), maxshape=(None, None), compression="gzip")
    f.create_dataset("may_grow", data=frames((5, 7), "u2"), chunks=(2, 3), maxshape=(50, 9))
    f.create_dataset("pages", data=frames((2500,), "u1"), chunks=(1,))
    d = f.create_dataset("pages_sparse", shape=(5000,), dtype="u1", chunks=(1,), fillvalue=9)
    d[1030] = 1
    d[4999] = 2
    d = f.create_dataset("growing_far", shape=(140000,), dtype="u1", chunks=(1,), maxshape=(None,), fillvalue=7)
    d[0] = 1
    d[1000] = 2
    d[20000] = 3
    d[133200] = 4
    d[139999] = 5
    d = f.create_dataset("holes", shape=(6, 6), dtype=">i2", chunks=(2, 2), fillvalue=-3)
    d[0:2, 4:6] = 5
    d[5, 5] = 6
    f.create_dataset("unwritten", shape=(6, 6), dtype="f8", chunks=(2, 2))
    f.create_dataset("texts", data=np.array(["t%d" % i * (i % 5) for i in range(20)], dtype=h5py.string_dtype()), chunks=(6,))
    for dtype in ["u1", "u2", "u4", "f4", "f8"]:
        f.create_dataset("bslz4_" + dtype, data=frames((2, 65, 77), dtype), chunks=(1, 65, 77), **hdf5plugin.Bitshuffle())
    f.create_dataset("bitshuffle", data=frames((2, 65, 77), "u4"), chunks=(1, 65, 77), **hdf5plugin.Bitshuffle(cname="none"))
    f.create_dataset("bslz4_runs", data=np.repeat(np.arange(40, dtype="u4"), 500), chunks=(10000,), **hdf5plugin.Bitshuffle())
    f.create_dataset("lz4", data=frames((2, 65, 77), "u2"), chunks=(1, 65, 77), **hdf5plugin.LZ4(nbytes=2048))
    c = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    c.set_chunk((2, 3))
    c.set_alloc_time(h5py.h5d.ALLOC_TIME_EARLY)
    space = h5py.h5s.create_simple((7, 8))
    d = h5py.h5d.create(f.id, b"implicit", h5py.h5t.STD_U16LE, space, c)
    d.write(h5py.h5s.ALL, h5py.h5s.ALL, frames((7, 8)))


def dense(f):
    g = f.create_group("many", track_order=False)
    for i in range(600):
        g.create_group("group_%04d_%s" % (i, "x" * (i % 40)))
    few = f.create_group("ordered", track_order=True)
    for i in range(20):
        few["member%d" % (19 - i)] = np.int32(i)
    a = f.create_group("attributes")
    for i in range(60):
        a.attrs["attribute_%02d" % i] = "value %d" % i
    if "latest" in str(f.filename):
        a.attrs["huge"] = np.arange(20000, dtype="i4")


def virtual(f):
    layout = h5py.VirtualLayout(shape=(4, 5), dtype="i4")
    for i in range(4):
        layout[i] = h5py.VirtualSource("source_%d.h5" % i, "data", shape=(5,))
    f.create_virtual_dataset("vds", layout)
    f.create_dataset("raw", shape=(4,), dtype="i4", external=[("raw.bin", 0, 16)])


def plain_value(value):
    if isinstance(value, h5py.Empty):
        return {"empty": True}
    if isinstance(value, str):
        return {"text": [value]}
    array = np.asarray(value)
    if array.dtype.kind == "S":
        return {"text": [x.decode() for x in array.ravel()]}
    if array.dtype.kind == "O":
        if all(isinstance(x, (str, bytes)) for x in array.ravel()):
            return {"text": [x.decode() if isinstance(x, bytes) else x for x in array.ravel()]}
        return {"unsupported": True}
    if array.dtype.kind == "c":
        return {"complex": [[float(x.real), float(x.imag)] for x in array.ravel()]}
    if array.dtype.kind == "b":
        return {"bool": [bool(x) for x in array.ravel()]}
    if array.dtype.kind in "iu":
        return {"int": [str(x) for x in array.ravel()[:100]], "count": array.size}
    if array.dtype.kind == "f":
        return {"float": [float(x) for x in array.ravel()]}
    return {"unsupported": True}


def describe(f):
    rows = {}
    seen = set()

    def walk(group, path):
        for name in group:
            here = path + "/" + name
            link = group.get(name, getlink=True)
            if isinstance(link, h5py.SoftLink):
                rows[here] = {"kind": "soft", "target": link.path}
                continue
            if isinstance(link, h5py.ExternalLink):
                rows[here] = {"kind": "external", "file": link.filename, "path": link.path}
                continue
            obj = group[name]
            if isinstance(obj, h5py.Group):
                rows[here] = {"kind": "group"}
                address = h5py.h5o.get_info(obj.id).addr
                if address not in seen:
                    seen.add(address)
                    walk(obj, here)
            elif isinstance(obj, h5py.Dataset):
                rows[here] = dataset_row(obj)
            else:
                rows[here] = {"kind": "datatype"}
            rows[here]["attributes"] = {k: attribute(obj, k) for k in obj.attrs}

    seen.add(h5py.h5o.get_info(f["/"].id).addr)
    walk(f, "")
    rows["/"] = {"kind": "group", "attributes": {k: attribute(f, k) for k in f.attrs}}
    return rows


def attribute(obj, name):
    try:
        return plain_value(obj.attrs[name])
    except (TypeError, OSError):
        return {"unsupported": True}


def dataset_row(d):
    row = {"kind": "dataset", "shape": None if d.shape is None else list(d.shape), "chunks": d.chunks and list(d.chunks)}
    if d.shape is None or d.is_virtual or d.external:
        return row
    if h5py.check_string_dtype(d.dtype):
        values = [d[()]] if d.shape == () else list(d[()].ravel())
        row["crc_text"] = zlib.crc32(b"\0".join(values))
    elif d.dtype.kind in "iufcb":
        data = np.ascontiguousarray(d[()]).astype(d.dtype.newbyteorder("<"))
        row["crc"] = zlib.crc32(data.tobytes())
        if data.ndim > 0 and data.size:
            selection = tuple(slice(n // 3, n, 2) for n in data.shape)
            row["crc_slab"] = zlib.crc32(np.ascontiguousarray(data[selection]).tobytes())
    return row


def main():
    expected = {}
    for libver in ["earliest", "latest"]:
        version = "earliest" if libver == "earliest" else "v110"
        for make in [basic, chunked, dense, virtual]:
            name = f"{make.__name__}_{libver}.h5"
            path = HERE / name
            # "latest" is held at 1.10, the newest format that facilities write.
            with h5py.File(path, "w", libver=(version, "v110") if libver == "latest" else (version, "v110")) as f:
                make(f)
            with h5py.File(path, "r") as f:
                expected[name] = describe(f)
    name = "user_block.h5"
    with h5py.File(HERE / name, "w", userblock_size=1024) as f:
        f["x"] = np.arange(5)
        f.create_dataset("chunked", data=frames((5, 6)), chunks=(2, 2))
    with h5py.File(HERE / name, "r") as f:
        expected[name] = describe(f)
    name = "newest.h5"
    with h5py.File(HERE / name, "w", libver="latest") as f:
        basic(f)
        f.create_dataset("gzip", data=frames((9, 9)), chunks=(2, 9), compression="gzip")
        f.create_dataset("growing_gzip", data=frames((9, 9)), chunks=(2, 9), compression="gzip", maxshape=(None, 9))
    with h5py.File(HERE / name, "r") as f:
        expected[name] = describe(f)
    (HERE / "expected.json").write_text(json.dumps(expected, indent=0, ensure_ascii=False, sort_keys=True))


main()
