"""Writes HDF5 files of every kind with h5py, and beside each what h5py reads back.

Usage: python generate.py FOLDER [--random SEED COUNT] [--read FILE...]

For each FILE.h5 there is a FILE.h5.json: {"feature": text, "rows": {path: row}}; for the files after
--read N.json with the "path" of the file too. A row holds kind, shape, the CRC-32 of the elements
(native, little-endian; texts as canonical text), each attribute in canonical text, and the names of
links and attributes in the order of h5py. Canonical text has one spelling for each value, so that two
programs agree to the bit or not at all:

    true false          booleans            12            integers
    f<16 hex digits>    the bits of a binary64            c(re,im)      complex numbers
    "text" as JSON      texts               x<hex>        bytes without meaning
    [a,b]  {name:a}     arrays, records     ref(path)     references
"""

import argparse
import json
import os
import pathlib
import struct
import sys
import zlib

# Raw files are looked for beside the file that names them, as Hutch does.
os.environ["HDF5_EXTFILE_PREFIX"] = "${ORIGIN}"

import h5py
import numpy as np

try:
    import hdf5plugin
except ImportError:
    sys.exit("hdf5plugin is missing")

BUILDERS = []


def feature(name, versions=("earliest", "latest")):
    def register(build):
        BUILDERS.append((name, versions, build))
        return build

    return register


# ---------------------------------------------------------------- what h5py reads


def canon(value):
    if value is None or isinstance(value, h5py.Empty):
        return "null"
    if isinstance(value, (bool, np.bool_)):
        return "true" if value else "false"
    if isinstance(value, (int, np.integer)):
        return str(int(value))
    if isinstance(value, (float, np.floating)):
        return "f%016x" % struct.unpack("<Q", struct.pack("<d", float(value)))[0]
    if isinstance(value, (complex, np.complexfloating)):
        return "c(%s,%s)" % (canon(value.real), canon(value.imag))
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, (bytes, np.bytes_)):
        return json.dumps(value.decode("utf-8"), ensure_ascii=False)
    if isinstance(value, np.void):
        if value.dtype.names:
            inside = ",".join("%s:%s" % (name, canon(value[name])) for name in value.dtype.names)
            return "{%s}" % inside
        return "x" + value.tobytes().hex()
    if isinstance(value, tuple):
        return "[%s]" % ",".join(canon(item) for item in value)
    if isinstance(value, (list, np.ndarray)):
        if isinstance(value, np.ndarray) and value.dtype.kind == "O" and value.ndim == 0:
            return canon(value.item())
        return "[%s]" % ",".join(canon(item) for item in value)
    raise TypeError("no canonical text for %r" % type(value))


def canon_in(file, value):
    """Canonical text of a value that may hold references, which only the file can name."""
    if isinstance(value, (h5py.Reference, h5py.RegionReference)):
        kind = "region" if isinstance(value, h5py.RegionReference) else "ref"
        return "%s(%s)" % (kind, file[value].name) if value else "ref(null)"
    if isinstance(value, np.ndarray) and value.dtype.kind == "O":
        if value.ndim == 0:
            return canon_in(file, value.item())
        return "[%s]" % ",".join(canon_in(file, item) for item in value)
    if isinstance(value, np.void) and value.dtype.names:
        inside = ",".join(
            "%s:%s" % (name, canon_in(file, value[name])) for name in value.dtype.names
        )
        return "{%s}" % inside
    if isinstance(value, np.ndarray) and value.dtype.names:
        if value.ndim == 0:
            return canon_in(file, value[()])
        return "[%s]" % ",".join(canon_in(file, item) for item in value)
    return canon(value)


def flat(array):
    return array.reshape(-1) if isinstance(array, np.ndarray) else np.array([array]).reshape(-1)


SLAB_BYTES = 64 << 20


def read(dataset, row):
    """All elements; of a large dataset the middle, which the row then names."""
    count = list(dataset.shape)
    while np.prod(count, dtype=float) * dataset.dtype.itemsize > SLAB_BYTES:
        widest = max(range(len(count)), key=lambda axis: count[axis])
        count[widest] = (count[widest] + 1) // 2
    if count == list(dataset.shape):
        return dataset[()]
    start = [(size - part) // 2 for size, part in zip(dataset.shape, count)]
    row["slab"] = {"start": start, "count": count}
    return dataset[tuple(slice(first, first + part) for first, part in zip(start, count))]


def row_of_dataset(file, dataset):
    row = {"kind": "dataset"}
    if dataset.shape is None:
        row["shape"] = None
        return row
    row["shape"] = list(dataset.shape)
    dtype = dataset.dtype
    base, inner = dtype, ()
    while base.subdtype:
        base, more = base.subdtype
        inner += more
    row["inner"] = list(inner)
    data = read(dataset, row)
    if base.kind in "iufcb":
        values = np.asarray(data)
        if values.dtype.kind == "f" and values.dtype.itemsize > 8:
            values = values.astype("<f8")
        values = values.astype(values.dtype.newbyteorder("<"))
        if values.dtype.kind == "b":
            values = values.astype("u1")
        row["crc"] = zlib.crc32(np.ascontiguousarray(values).tobytes())
        row["type"] = values.dtype.name
    whole = np.asarray(data)
    if inner:
        items = list(whole.reshape((-1,) + tuple(inner))) if whole.size else []
    else:
        items = list(flat(whole))
    if len(items) <= 20000:
        text = "\n".join(canon_in(file, item) for item in items)
        row["canon"] = zlib.crc32(text.encode("utf-8"))
        if len(text) < 400:
            row["text"] = text
    return row


def attributes(file, item):
    found = {}
    for name in item.attrs:
        try:
            value = item.attrs[name]
            if isinstance(value, np.ndarray) and value.ndim > 1:
                value = value.reshape(-1)
            found[name] = canon_in(file, value)
        except (OSError, TypeError, ValueError) as error:
            found[name] = None
            print("not compared: %s@%s: %s" % (item.name, name, error), file=sys.stderr)
    return found


def rows_of_file(path, follow_external=True):
    rows = {}
    with h5py.File(path, "r", locking=False) as file:
        seen = set()

        def visit(group, prefix):
            token = h5py.h5o.get_info(group.id).addr if hasattr(h5py.h5o, "get_info") else None
            key = (group.file.filename, token)
            if key in seen and prefix:
                return
            seen.add(key)
            for name in group:
                path_here = prefix + "/" + name
                link = group.get(name, getlink=True)
                kind = type(link).__name__
                try:
                    child = group[name]
                except (KeyError, OSError, RuntimeError):
                    rows[path_here] = {"kind": "dangling", "link": kind}
                    continue
                if kind == "ExternalLink" and not follow_external:
                    continue
                if isinstance(child, h5py.Group):
                    row = {"kind": "group", "names": list(child)}
                elif isinstance(child, h5py.Dataset):
                    try:
                        row = row_of_dataset(child.file, child)
                    except (OSError, TypeError, ValueError, MemoryError) as error:
                        row = {"kind": "dataset", "unread": str(error)}
                else:
                    row = {"kind": "type"}
                row["link"] = kind
                row["attributes"] = attributes(child.file, child)
                row["attribute_names"] = list(child.attrs)
                rows[path_here] = row
                if isinstance(child, h5py.Group) and kind == "HardLink":
                    visit(child, path_here)

        rows["/"] = {
            "kind": "group",
            "link": "HardLink",
            "attributes": attributes(file, file),
            "attribute_names": list(file.attrs),
            "names": list(file),
        }
        visit(file, "")
    return rows


# ---------------------------------------------------------------- what is written

RNG = np.random.default_rng(20261101)
NUMBERS = ["i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8", "c8", "c16"]


def some(dtype, shape):
    dtype = np.dtype(dtype)
    if dtype.kind in "iu":
        info = np.iinfo(dtype)
        values = RNG.integers(info.min, info.max, size=shape, dtype=dtype.newbyteorder("="), endpoint=True)
    elif dtype.kind == "c":
        values = RNG.normal(size=shape) + 1j * RNG.normal(size=shape)
    else:
        values = RNG.normal(size=shape) * 100
    return values.astype(dtype)


def low_level(group, name, type_id, data, plist=None, shape=None):
    space = h5py.h5s.create_simple(tuple(shape if shape is not None else np.shape(data)))
    created = h5py.h5d.create(group.id, name.encode(), type_id, space, plist)
    return created


@feature("integers and floats")
def numbers(f):
    for order in "<>":
        for dtype in NUMBERS:
            name = ("little_" if order == "<" else "big_") + dtype
            f[name] = some(order + dtype, (3, 5))
            f[name].attrs["value"] = some(order + dtype, (2,))
            f[name].attrs["scalar"] = some(order + dtype, ())[()]
    f["nan_payloads_f4"] = np.array([0x7FC00001, 0x7FC12345, 0xFFC00000, 0x80000000, 0x7F800000], "u4").view("f4")
    f["nan_payloads_f8"] = np.array([0x7FF8000000000001, 0xFFF8000012345678, 1, 2**63], "u8").view("f8")
    f["limits"] = np.array([2**64 - 1, 2**63, 2**53 + 1], "u8")
    f["scalar"] = np.float32(1.25)
    f["empty"] = np.zeros((0, 4), "i4")
    f["null"] = h5py.Empty("f8")
    f["many_axes"] = some("i2", (2, 1, 3, 1, 2, 2, 1, 2))


@feature("odd integers and floats")
def odd_numbers(f):
    values = np.array([0, 1, -1, 100, -100], "i4")
    for size, precision, offset, sign in [(3, 24, 0, 1), (4, 20, 4, 1), (4, 17, 3, 0), (2, 9, 7, 1), (8, 40, 10, 0)]:
        kind = (h5py.h5t.STD_I32LE if sign else h5py.h5t.STD_U32LE).copy()
        if size > 4:
            kind = h5py.h5t.STD_U64LE.copy()
        kind.set_precision(precision)
        kind.set_offset(offset)
        kind.set_size(size)
        data = values if sign else np.abs(values)
        low_level(f, "int%d_%d_%d" % (size * 8, precision, offset), kind, data).write(
            h5py.h5s.ALL, h5py.h5s.ALL, data
        )
    f["long_double"] = np.array([1.5, -2.25, 1e300], np.longdouble)
    reals = np.array([0.0, 1.0, -2.5, 0.15625, 3e4, np.inf, -np.inf], "f4")
    for name, (size, spos, epos, esize, mpos, msize, bias) in {
        "bfloat16": (2, 15, 7, 8, 0, 7, 127),
        "float24": (3, 23, 16, 7, 0, 16, 63),
    }.items():
        kind = h5py.h5t.IEEE_F32LE.copy()
        kind.set_fields(spos, epos, esize, mpos, msize)
        kind.set_precision(size * 8)
        kind.set_size(size)
        kind.set_ebias(bias)
        low_level(f, name, kind, reals).write(h5py.h5s.ALL, h5py.h5s.ALL, reals)


@feature("texts")
def texts(f):
    f["variable"] = np.array(["alpha", "", "gämma", "日本"], dtype=h5py.string_dtype())
    f["variable_ascii"] = np.array(["alpha", "b"], dtype=h5py.string_dtype("ascii"))
    f["one"] = "a text of one element"
    f["fixed"] = np.array([b"alpha", b"", b"ab"], "S6")
    f["fixed_utf8"] = np.array(["é".encode(), b"zz"], dtype=h5py.string_dtype("utf-8", 4))
    f["empty"] = np.array([], dtype=h5py.string_dtype())
    f.create_dataset("chunked", data=["row %d" % i for i in range(100)], chunks=(7,), dtype=h5py.string_dtype(), compression="gzip")
    f.create_dataset("never_written", shape=(3,), dtype=h5py.string_dtype())
    for pad, name in [(h5py.h5t.STR_SPACEPAD, "space"), (h5py.h5t.STR_NULLTERM, "term"), (h5py.h5t.STR_NULLPAD, "zeros")]:
        kind = h5py.h5t.C_S1.copy()
        kind.set_size(8)
        kind.set_strpad(pad)
        data = np.array([b"ab cd", b"x"], "S8")
        low_level(f, "padded_" + name, kind, data).write(h5py.h5s.ALL, h5py.h5s.ALL, data)
    f.attrs["variable"] = "text"
    f.attrs["fixed"] = np.bytes_("fixed")
    f.attrs["several"] = ["one", "two"]
    f.attrs["long"] = "x" * 70000 if f.file.libver[0] != "earliest" else "x" * 3000


@feature("booleans and enums")
def enums(f):
    f["bool"] = np.array([True, False, True])
    f.attrs["bool"] = np.bool_(True)
    f.attrs["bools"] = np.array([True, False])
    for base in ["i1", "u2", ">i4", "i8"]:
        kind = h5py.enum_dtype({"RED": 1, "GREEN": 2, "BLUE": 100}, basetype=base)
        f.create_dataset("enum_" + base.replace(">", "big_"), data=np.array([1, 2, 100, 1]), dtype=kind)


@feature("compounds")
def compounds(f):
    simple = np.dtype([("x", "<i4"), ("y", ">f8"), ("name", "S5")])
    f["simple"] = np.array([(1, 2.5, b"ab"), (-3, np.nan, b"")], simple)
    f.attrs["simple"] = np.array((7, 1.0, b"z"), simple)[()]
    nested = np.dtype([("inner", simple), ("list", "<u2", (2, 3)), ("flag", "?")])
    f["nested"] = np.zeros(4, nested)
    data = np.zeros(2, nested)
    data["list"] = np.arange(12).reshape(2, 2, 3)
    data["inner"]["x"] = [5, 6]
    f["nested_filled"] = data
    variable = np.dtype([("text", h5py.string_dtype()), ("values", h5py.vlen_dtype("i4"))])
    rows = np.empty(2, variable)
    rows[0] = ("gämma", np.arange(3, dtype="i4"))
    rows[1] = ("", np.arange(0, dtype="i4"))
    f["variable"] = rows
    f.create_dataset("table", data=np.zeros(500, simple), chunks=(64,), compression="gzip", shuffle=True)
    complex_kind = np.dtype([("r", "f4"), ("i", "f4")])
    f["like_complex"] = np.array([(1, 2)], complex_kind)
    enum = h5py.enum_dtype({"A": 0, "B": 1})
    f["with_enum"] = np.array([(1, 3)], [("state", enum), ("count", "u1")])


@feature("arrays, sequences, opaque")
def arrays(f):
    kind = np.dtype(("<i2", (2, 3)))
    f.create_dataset("array", shape=(4,), dtype=kind)
    f["array"][...] = np.arange(24).reshape(4, 2, 3)
    f.create_dataset("array_big", shape=(2,), dtype=np.dtype((">f4", (3,))), chunks=(1,))
    f["array_big"][...] = np.arange(6).reshape(2, 3)
    ragged = f.create_dataset("ragged", shape=(3,), dtype=h5py.vlen_dtype("<f8"))
    ragged[0] = [1.0, 2.0]
    ragged[2] = [np.nan]
    # Not big-endian: h5py 3.16 reads such sequences without swapping their bytes.
    ints = f.create_dataset("ragged_ints", shape=(2, 2), dtype=h5py.vlen_dtype("<u2"))
    ints[0, 1] = [1, 2, 65535]
    f["opaque"] = np.void(b"\x01\x02\x03")
    f["opaques"] = np.array([b"\x01\x02", b"\xff\x00"], dtype="V2")
    f.attrs["opaque"] = np.void(b"abc\x00")
    f.attrs.create("ragged", np.array([np.arange(3), np.arange(1)], dtype=object), dtype=h5py.vlen_dtype("i4"))
    f.attrs.create("array", np.arange(6).reshape(1, 2, 3).astype("i2"))


@feature("references")
def references(f):
    target = f.create_group("target")
    data = target.create_dataset("data", data=np.arange(20).reshape(4, 5))
    f["objects"] = np.array([data.ref, target.ref, f.ref], dtype=h5py.ref_dtype)
    f.attrs["object"] = data.ref
    f.create_dataset("null", shape=(2,), dtype=h5py.ref_dtype)
    regions = f.create_dataset("regions", shape=(1,), dtype=h5py.regionref_dtype)
    regions[0] = data.regionref[1:3, ::2]


@feature("fill values")
def fills(f):
    for dtype in ["i1", ">i2", "u4", "f4", "f8", "c8"]:
        f.create_dataset("contiguous_" + dtype.replace(">", "big_"), shape=(3, 3), dtype=dtype, fillvalue=np.array(7, dtype))
        d = f.create_dataset("chunked_" + dtype.replace(">", "big_"), shape=(8, 9), chunks=(3, 4), dtype=dtype, fillvalue=np.array(7, dtype))
        d[0, 0] = 1
    f.create_dataset("nan", shape=(4,), dtype="f4", fillvalue=np.nan)
    f.create_dataset("none", shape=(4, 4), dtype="i4", chunks=(2, 2))
    kind = np.dtype([("a", "i4"), ("b", "f4")])
    f.create_dataset("record", shape=(2,), dtype=kind, fillvalue=np.array((3, 1.5), kind)[()])


@feature("layout: compact and contiguous")
def contiguous(f):
    plist = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    plist.set_layout(h5py.h5d.COMPACT)
    data = np.arange(100, dtype="i2")
    low_level(f, "compact", h5py.h5t.STD_I16LE, data, plist).write(h5py.h5s.ALL, h5py.h5s.ALL, data)
    f["contiguous"] = some("u2", (20, 30))
    f.create_dataset("late", shape=(5,), dtype="f8")
    plist = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    plist.set_alloc_time(h5py.h5d.ALLOC_TIME_EARLY)
    low_level(f, "early", h5py.h5t.IEEE_F32LE, np.zeros(10), plist)


@feature("layout: external raw files")
def external_raw(f):
    folder = pathlib.Path(f.file.filename).parent
    name = pathlib.Path(f.file.filename).name
    data = np.arange(60, dtype="<u2").reshape(6, 10)
    first, second = name + ".raw1", name + ".raw2"
    (folder / first).write_bytes(b"head" + data[:2].tobytes())
    (folder / second).write_bytes(data[2:].tobytes())
    here = os.getcwd()
    os.chdir(folder)
    f.create_dataset("external", shape=(6, 10), dtype="<u2", external=[(first, 4, 40), (second, 0, 80)])
    os.chdir(here)


@feature("chunk index: one chunk")
def single(f):
    f.create_dataset("plain", data=some("u2", (5, 7)), chunks=(5, 7))
    f.create_dataset("filtered", data=some("u2", (5, 7)), chunks=(5, 7), compression="gzip")
    f.create_dataset("larger", data=some("u2", (5, 7)), chunks=(5, 7), maxshape=(5, 7))


@feature("chunk index: implicit")
def implicit(f):
    plist = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    plist.set_chunk((3, 4))
    plist.set_alloc_time(h5py.h5d.ALLOC_TIME_EARLY)
    data = some("i4", (10, 11))
    low_level(f, "early", h5py.h5t.STD_I32LE, data, plist).write(h5py.h5s.ALL, h5py.h5s.ALL, data)


@feature("chunk index: fixed array")
def fixed_array(f):
    f.create_dataset("plain", data=some("u1", (33, 17)), chunks=(4, 5))
    f.create_dataset("filtered", data=some("u1", (33, 17)), chunks=(4, 5), compression="gzip")
    f.create_dataset("paged", data=some("u1", (5000,)), chunks=(2,))
    f.create_dataset("paged_filtered", data=some("u2", (3000,)), chunks=(2,), compression="gzip")
    d = f.create_dataset("sparse", shape=(9000,), dtype="i2", chunks=(2,), fillvalue=-1)
    d[4000:4100] = 5


@feature("chunk index: extensible array")
def extensible(f):
    f.create_dataset("frames", data=some("u2", (50, 6, 7)), chunks=(1, 6, 7), maxshape=(None, 6, 7))
    f.create_dataset("filtered", data=some("u2", (50, 6, 7)), chunks=(1, 6, 7), maxshape=(None, 6, 7), compression="gzip", shuffle=True)
    f.create_dataset("many", data=some("u1", (20000,)), chunks=(2,), maxshape=(None,))
    f.create_dataset("last_axis", data=some("i2", (5, 90)), chunks=(2, 3), maxshape=(5, None))
    d = f.create_dataset("sparse", shape=(10000,), dtype="i2", chunks=(2,), maxshape=(None,), fillvalue=3)
    d[9000] = 5
    grown = f.create_dataset("grown", shape=(1, 4), dtype="f4", chunks=(1, 4), maxshape=(None, 4))
    for i in range(2, 40):
        grown.resize((i, 4))
        grown[i - 1] = i
    shrunk = f.create_dataset("shrunk", data=some("i4", (20, 4)), chunks=(3, 4), maxshape=(None, 4))
    shrunk.resize((7, 4))


@feature("chunk index: B-tree 2")
def btree2(f):
    f.create_dataset("two_axes", data=some("u2", (40, 50)), chunks=(3, 4), maxshape=(None, None))
    f.create_dataset("filtered", data=some("u2", (40, 50)), chunks=(3, 4), maxshape=(None, None), compression="gzip")
    f.create_dataset("deep", data=some("u1", (200, 150)), chunks=(2, 2), maxshape=(None, None))


@feature("filters of HDF5")
def filters(f):
    shape = (31, 23)
    for dtype in ["u1", "u2", ">u2", "u4", "i8", "f4", "f8"]:
        data = (some(dtype, shape) % 50 if np.dtype(dtype).kind in "iu" else np.round(some(dtype, shape), 1)).astype(dtype)
        tag = dtype.replace(">", "big_")
        for name, options in {
            "deflate": {"compression": "gzip", "compression_opts": 6},
            "shuffle": {"shuffle": True},
            "shuffle_deflate": {"shuffle": True, "compression": "gzip"},
            "fletcher32": {"fletcher32": True},
            "all": {"shuffle": True, "compression": "gzip", "fletcher32": True},
            "lzf": {"compression": "lzf"},
            "shuffle_lzf": {"compression": "lzf", "shuffle": True},
        }.items():
            f.create_dataset(name + "_" + tag, data=data, chunks=(10, 9), **options)
        if h5py.h5z.filter_avail(h5py.h5z.FILTER_SZIP):
            f.create_dataset("szip_nn_" + tag, data=data, chunks=(16, 16), compression="szip", compression_opts=("nn", 16))
            f.create_dataset("szip_ec_" + tag, data=data, chunks=(16, 16), compression="szip", compression_opts=("ec", 8))
        if np.dtype(dtype).kind in "iu":
            f.create_dataset("scaleoffset_" + tag, data=data, chunks=(10, 9), scaleoffset=0)
            f.create_dataset("scaleoffset6_" + tag, data=data, chunks=(10, 9), scaleoffset=6, fillvalue=3)
        else:
            f.create_dataset("scaleoffset2_" + tag, data=data, chunks=(10, 9), scaleoffset=2)
    noise = RNG.integers(0, 255, size=(64, 64)).astype("u1")
    f.create_dataset("incompressible", data=noise, chunks=(16, 16), compression="gzip")
    f.create_dataset("nbit_like", data=noise.astype("u2"), chunks=(16, 16), compression="gzip")


@feature("filters: nbit")
def nbit(f):
    for name, base, precision, offset, data in [
        ("u4_17", h5py.h5t.STD_U32LE, 17, 0, np.arange(200, dtype="u4")),
        ("i4_20_4", h5py.h5t.STD_I32LE, 20, 4, np.arange(-100, 100, dtype="i4")),
        ("big_u2_10", h5py.h5t.STD_U16BE, 10, 2, np.arange(200, dtype="u2")),
    ]:
        kind = base.copy()
        kind.set_precision(precision)
        kind.set_offset(offset)
        plist = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        plist.set_chunk((64,))
        plist.set_filter(h5py.h5z.FILTER_NBIT, 0, ())
        low_level(f, name, kind, data, plist).write(h5py.h5s.ALL, h5py.h5s.ALL, data)


@feature("filters of plugins")
def plugins(f):
    choices = {
        "bitshuffle": hdf5plugin.Bitshuffle(cname="none"),
        "bitshuffle_lz4": hdf5plugin.Bitshuffle(cname="lz4"),
        "bitshuffle_lz4_block": hdf5plugin.Bitshuffle(nelems=64, cname="lz4"),
        "bitshuffle_zstd": hdf5plugin.Bitshuffle(cname="zstd"),
        "lz4": hdf5plugin.LZ4(),
        "zstd": hdf5plugin.Zstd(),
        "bzip2": hdf5plugin.BZip2(),
    }
    for cname in ["blosclz", "lz4", "lz4hc", "snappy", "zlib", "zstd"]:
        for shuffle, tag in [(0, "plain"), (1, "shuffle"), (2, "bitshuffle")]:
            try:
                choices["blosc_%s_%s" % (cname, tag)] = hdf5plugin.Blosc(cname=cname, shuffle=shuffle)
            except ValueError:
                pass
    for cname in ["blosclz", "lz4", "lz4hc", "zlib", "zstd"]:
        for kind, tag in [(0, "plain"), (1, "shuffle"), (2, "bitshuffle"), (3, "delta")]:
            choices["blosc2_%s_%s" % (cname, tag)] = hdf5plugin.Blosc2(cname=cname, filters=kind)
    for name, options in choices.items():
        for dtype in ["u1", "u2", "u4", "f4", "f8"]:
            data = (np.abs(some(dtype, (37, 29))) % 40).astype(dtype)
            f.create_dataset("%s_%s" % (name, dtype), data=data, chunks=(16, 29), **options)
    smooth = np.add.outer(np.sin(np.arange(40) / 5), np.cos(np.arange(36) / 7))
    for dtype in ["f4", "f8"]:
        f.create_dataset("zfp_reversible_" + dtype, data=smooth.astype(dtype), chunks=(16, 16), **hdf5plugin.Zfp(reversible=True))
        f.create_dataset("zfp_rate_" + dtype, data=smooth.astype(dtype), chunks=(16, 16), **hdf5plugin.Zfp(rate=16))
        f.create_dataset("zfp_accuracy_" + dtype, data=smooth.astype(dtype), chunks=(16, 16), **hdf5plugin.Zfp(accuracy=1e-3))
    f.create_dataset("zfp_i4", data=np.arange(1600, dtype="i4").reshape(40, 40), chunks=(16, 16), **hdf5plugin.Zfp(reversible=True))
    frames = RNG.poisson(0.05, size=(3, 64, 65)).astype("u4")
    frames[:, 10, 20] = 2**32 - 1
    f.create_dataset("eiger_like", data=frames, chunks=(1, 64, 65), **hdf5plugin.Bitshuffle(cname="lz4"))


@feature("groups and links")
def groups(f):
    many = f.create_group("many")
    for i in range(700):
        many["name %04d" % ((i * 7919) % 1000 + 1000 * (i // 1000))] = i
    ordered = f.create_group("ordered", track_order=True)
    for name in ["z", "a", "m"]:
        ordered[name] = 1
    f["soft"] = h5py.SoftLink("/many")
    f["soft_relative"] = h5py.SoftLink("ordered/z")
    f["dangling"] = h5py.SoftLink("/nowhere")
    f["circle"] = h5py.SoftLink("/circle")
    f["absent_file"] = h5py.ExternalLink("not_there.h5", "/x")
    f["hard"] = f["ordered"]
    f["ünï 日本"] = 1
    f["deep/er/and/deeper/still"] = 2
    f["type"] = np.dtype("f4")
    f["of_the_type"] = f.create_dataset("committed", data=np.arange(3, dtype="f4"), dtype=f["type"])


@feature("attributes, many and large")
def attrs(f):
    for i in range(60):
        f.attrs["attribute %02d" % i] = i
    g = f.create_group("compact")
    for i in range(5):
        g.attrs["a%d" % i] = np.arange(i + 1)
    ordered = f.create_group("ordered", track_order=True)
    for name in ["z", "a", "m"]:
        ordered.attrs[name] = name
    d = f.create_dataset("data", data=1)
    d.attrs["matrix"] = some("f8", (30, 30))
    d.attrs["empty"] = h5py.Empty("i4")
    d.attrs["none"] = np.zeros((0,), "i4")


@feature("virtual datasets")
def virtual(f):
    folder = pathlib.Path(f.file.filename).parent
    stem = pathlib.Path(f.file.filename).name
    for i in range(3):
        with h5py.File(folder / ("%s.part%d" % (stem, i)), "w", libver=f.file.libver[0] if f.file.libver[0] != "v200" else "latest") as part:
            part.create_dataset("data", data=some("u2", (4, 5, 6)), chunks=(1, 5, 6), maxshape=(None, 5, 6), **hdf5plugin.Bitshuffle(cname="lz4"))
            part["flat"] = some("u2", (5, 6))
    joined = h5py.VirtualLayout((16, 5, 6), "u2")
    for i in [0, 1, 2]:
        joined[4 * i : 4 * i + 4] = h5py.VirtualSource("%s.part%d" % (stem, i), "data", (4, 5, 6))
    joined[12:16] = h5py.VirtualSource(stem + ".absent", "data", (4, 5, 6))
    f.create_virtual_dataset("joined", joined, fillvalue=9)
    mixed = h5py.VirtualLayout((12, 5, 6), "f8")
    for i in range(3):
        mixed[i::3] = h5py.VirtualSource("%s.part%d" % (stem, i), "data", (4, 5, 6))
    f.create_virtual_dataset("interleaved", mixed)
    flat = h5py.VirtualLayout((3, 5, 6), "u2")
    for i in range(3):
        flat[i] = h5py.VirtualSource("%s.part%d" % (stem, i), "flat", (5, 6))
    f.create_virtual_dataset("stacked", flat)
    part = h5py.VirtualLayout((4, 4, 4), "i4")
    source = h5py.VirtualSource("%s.part0" % stem, "data", (4, 5, 6))
    part[:, 1:4, ::2] = source[:, 2:5, 0:4:2]
    f.create_virtual_dataset("window", part, fillvalue=-1)
    f["own"] = some("u2", (5, 6))
    own = h5py.VirtualLayout((2, 5, 6), "u2")
    own[0] = h5py.VirtualSource(".", "own", (5, 6))
    own[1] = h5py.VirtualSource(".", "own", (5, 6))
    f.create_virtual_dataset("of_this_file", own)
    printf(f, stem)


def printf(f, stem):
    """A virtual dataset whose sources have numbers in their names, and no end."""
    space = h5py.h5s.create_simple((3, 5, 6), (h5py.h5s.UNLIMITED, 5, 6))
    space.select_hyperslab((0, 0, 0), (h5py.h5s.UNLIMITED, 1, 1), (1, 1, 1), (1, 5, 6))
    plist = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    source = h5py.h5s.create_simple((5, 6))
    plist.set_virtual(space, (stem + ".part%b").encode(), b"flat", source)
    h5py.h5d.create(f.id, b"numbered", h5py.h5t.STD_U16LE, space, plist)
    source = h5py.h5s.create_simple((4, 5, 6), (h5py.h5s.UNLIMITED, 5, 6))
    source.select_hyperslab((0, 0, 0), (1, 1, 1), (1, 1, 1), (h5py.h5s.UNLIMITED, 5, 6))
    target = h5py.h5s.create_simple((4, 5, 6), (h5py.h5s.UNLIMITED, 5, 6))
    target.select_hyperslab((0, 0, 0), (1, 1, 1), (1, 1, 1), (h5py.h5s.UNLIMITED, 5, 6))
    plist = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    plist.set_virtual(target, (stem + ".part0").encode(), b"data", source)
    h5py.h5d.create(f.id, b"endless", h5py.h5t.STD_U16LE, target, plist)


def special_files(folder):
    """Files that differ in what surrounds their objects."""
    data = some("u2", (10, 12))
    with h5py.File(folder / "user_block.h5", "w", userblock_size=1024) as f:
        f["data"] = data
        f.create_dataset("chunked", data=data, chunks=(3, 4), compression="gzip")
    for size in (4, 8):
        plist = h5py.h5p.create(h5py.h5p.FILE_CREATE)
        plist.set_sizes(size, size)
        fid = h5py.h5f.create(str(folder / ("sizes_%d.h5" % size)).encode(), h5py.h5f.ACC_TRUNC, plist)
        with h5py.File(fid) as f:
            f["data"] = data
            f.create_dataset("chunked", data=data, chunks=(3, 4), compression="gzip")
            f.attrs["text"] = "x"
    for strategy in ["page", "fsm", "aggregate", "none"]:
        with h5py.File(folder / ("space_%s.h5" % strategy), "w", fs_strategy=strategy, libver="latest") as f:
            f["data"] = data
            f.create_dataset("chunked", data=data, chunks=(3, 4), maxshape=(None, 12))
    with h5py.File(folder / "ordered.h5", "w", track_order=True, libver="latest") as f:
        for name in ["z", "a", "m"]:
            f[name] = 1
    features = {"user_block.h5": "user block", "sizes_4.h5": "addresses of 4 bytes", "sizes_8.h5": "addresses of 8 bytes", "ordered.h5": "creation order"}
    features.update({"space_%s.h5" % s: "file space: " + s for s in ["page", "fsm", "aggregate", "none"]})
    for name, what in features.items():
        finish(folder / name, what)


def random_file(folder, seed):
    """A tree of random groups, datasets, attributes and links."""
    global RNG
    RNG = np.random.default_rng(seed)
    versions = ["earliest", "v108", "v110", "v112", "latest"]
    version = versions[int(RNG.integers(len(versions)))]
    path = folder / ("random_%d_%s.h5" % (seed, version))
    with h5py.File(path, "w", libver=(version, "latest"), track_order=bool(RNG.integers(2))) as f:
        made = [f]
        for i in range(int(RNG.integers(4, 40))):
            parent = made[int(RNG.integers(len(made)))]
            name = "n%d %s" % (i, "é" * int(RNG.integers(3)))
            choice = int(RNG.integers(10))
            if choice < 2:
                made.append(parent.create_group(name))
            elif choice == 2:
                parent[name] = h5py.SoftLink(made[int(RNG.integers(len(made)))].name)
            elif choice == 3:
                parent[name] = made[int(RNG.integers(len(made)))]
            else:
                random_dataset(parent, name)
            for a in range(int(RNG.integers(0, 12)) if choice < 4 else 0):
                parent.attrs["a%d" % a] = some(NUMBERS[int(RNG.integers(len(NUMBERS)))], tuple(RNG.integers(1, 4, size=int(RNG.integers(0, 3)))))
    finish(path, "random trees")


def random_dataset(parent, name):
    rank = int(RNG.integers(0, 5))
    shape = tuple(int(n) for n in RNG.integers(0 if rank == 1 else 1, 14, size=rank))
    order = "<>"[int(RNG.integers(2))]
    dtype = np.dtype(order + NUMBERS[int(RNG.integers(len(NUMBERS)))])
    data = some(dtype, shape)
    options = {}
    if rank and all(shape) and RNG.integers(3):
        options["chunks"] = tuple(int(RNG.integers(1, n + 1)) for n in shape)
        if RNG.integers(2):
            options["maxshape"] = tuple(None if RNG.integers(2) else n + int(RNG.integers(3)) for n in shape)
        options["shuffle"] = bool(RNG.integers(2))
        options["fletcher32"] = bool(RNG.integers(2)) and dtype.kind != "c"
        codec = int(RNG.integers(6))
        if codec == 0:
            options["compression"] = "gzip"
        elif codec == 1:
            options["compression"] = "lzf"
        elif codec == 2:
            options.update(hdf5plugin.Bitshuffle(cname="lz4"))
            options["shuffle"] = False
        elif codec == 3:
            options.update(hdf5plugin.Zstd())
    dataset = parent.create_dataset(name, data=data, **options)
    if "maxshape" in options and RNG.integers(2):
        limit = [n if m is None else min(n, m) for n, m in zip((s + int(RNG.integers(5)) for s in shape), options["maxshape"])]
        dataset.resize(tuple(limit))


def finish(path, feature_name):
    rows = rows_of_file(path)
    text = json.dumps({"feature": feature_name, "rows": rows}, ensure_ascii=False)
    pathlib.Path(str(path) + ".json").write_text(text, encoding="utf-8")


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("folder", type=pathlib.Path)
    arguments.add_argument("--random", nargs=2, type=int, metavar=("SEED", "COUNT"))
    arguments.add_argument("--read", nargs="*", type=pathlib.Path, default=[])
    options = arguments.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    if options.read:
        for at, path in enumerate(options.read):
            try:
                rows = rows_of_file(path)
            except OSError as error:
                print("not compared: %s: %s" % (path, error), file=sys.stderr)
                continue
            row = {"feature": "real files", "path": str(path), "rows": rows}
            text = json.dumps(row, ensure_ascii=False)
            (options.folder / ("%d.json" % at)).write_text(text, encoding="utf-8")
        return
    if options.random:
        seed, count = options.random
        for offset in range(count):
            random_file(options.folder, seed + offset)
        return
    for name, versions, build in BUILDERS:
        for version in versions:
            path = options.folder / ("%s_%s.h5" % (build.__name__, version))
            with h5py.File(path, "w", libver=(version, "latest")) as f:
                build(f)
            finish(path, name)
    special_files(options.folder)


if __name__ == "__main__":
    main()
