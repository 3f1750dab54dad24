"""Writes datasets and attributes of every class of datatype, and values/expected.json.

Run: pip install h5py numpy; python make_values.py
Written with h5py 3.16 (libhdf5 2.0.0), numpy 2.4. The references of HDF5 1.12, which h5py does not
write, are written through its libhdf5 with ctypes.

A value in expected.json, row by row: "i:" a whole number, "f:" and "c:" the bits of doubles, "s:"
text, "b:" a boolean, "x:" bytes, "r:" an address, "R:" an address and the corners of a region,
"a:" an address and a name, "e:" a file and one of these, a list, or an object for a record.
"""

import ctypes
import glob
import json
import os
import pathlib
import struct

import h5py
import numpy as np

HERE = pathlib.Path(__file__).parent / "values"


def double(value):
    """The bits of a float as a double, those of a NaN with its payload."""
    value = np.asarray(value)
    if value.dtype == np.float32 and np.isnan(value):
        bits = int(value.view("u4"))
        return (bits >> 31 << 63) | 0x7FF << 52 | (bits & 0x7FFFFF) << 29
    if value.dtype == np.float16 and np.isnan(value):
        bits = int(value.view("u2"))
        return (bits >> 15 << 63) | 0x7FF << 52 | (bits & 0x3FF) << 42
    return struct.unpack("<Q", struct.pack("<d", float(value)))[0]


def canon(f, value):
    if isinstance(value, h5py.Reference) and not isinstance(value, h5py.RegionReference):
        return "r:%d" % h5py.h5o.get_info(h5py.h5r.dereference(value, f.id)).addr if value else "r:null"
    if isinstance(value, h5py.RegionReference):
        if not value:
            return "r:null"
        address = h5py.h5o.get_info(h5py.h5r.dereference(value, f.id)).addr
        first, last = h5py.h5r.get_region(value, f.id).get_select_bounds()
        return "R:%d:%s:%s" % (address, ",".join(map(str, first)), ",".join(map(str, last)))
    if isinstance(value, (str, bytes)) and not isinstance(value, np.bytes_):
        return "s:" + (value if isinstance(value, str) else value.decode())
    if isinstance(value, np.bytes_):
        return "s:" + value.decode()
    if isinstance(value, np.void) and value.dtype.names:
        return {name: canon(f, value[name]) for name in value.dtype.names}
    if isinstance(value, np.void):
        return "x:" + bytes(value).hex()
    if isinstance(value, np.ndarray) and value.shape != ():
        return [canon(f, row) for row in value.ravel()]
    value = np.asarray(value)[()]
    if isinstance(value, np.bool_):
        return "b:" + ("true" if value else "false")
    if isinstance(value, np.integer):
        return "i:%d" % int(value)
    if isinstance(value, np.complexfloating):
        return "c:%016x,%016x" % (double(value.real), double(value.imag))
    return "f:%016x" % double(value)


def custom(f, name, datatype, values):
    """Stores numbers in a type that only HDF5 knows; libhdf5 converts them."""
    values = np.asarray(values)
    d = h5py.h5d.create(f.id, name.encode(), datatype, h5py.h5s.create_simple(values.shape))
    d.write(h5py.h5s.ALL, h5py.h5s.ALL, values)


def floating(size, sign, exponent, mantissa, bias, norm=None, order=None):
    t = h5py.h5t.IEEE_F64LE.copy()
    if size > 8:
        t.set_size(size)
        t.set_precision(8 * size)
    t.set_fields(sign, *exponent, *mantissa)
    t.set_ebias(bias)
    if norm is not None:
        t.set_norm(norm)
    if size <= 8:
        t.set_precision(max(sign + 1, sum(exponent), sum(mantissa)))
        t.set_size(size)
    if order is not None:
        t.set_order(order)
    return t


def numbers(f):
    some = np.array([0.0, -0.0, 1.0, -2.5, 0.1, 1e4, 6e-5, np.inf, -np.inf, 1 / 3])
    wide = np.concatenate([some, [1e300, -1e-300, 5e-324, np.pi]])
    custom(f, "bfloat16", floating(2, 15, (7, 8), (0, 7), 127), some)
    custom(f, "tiny", floating(1, 7, (2, 5), (0, 2), 15), some[:4])
    custom(f, "wide_24", floating(3, 23, (15, 8), (0, 15), 127), some)
    custom(f, "shifted", floating(8, 40, (32, 8), (9, 23), 127), some)
    custom(f, "quad", floating(16, 127, (112, 15), (0, 112), 16383), wide)
    custom(f, "quad_big", floating(16, 127, (112, 15), (0, 112), 16383, order=h5py.h5t.ORDER_BE), wide)
    f["long_double"] = wide.astype(np.longdouble)
    f["halves"] = np.array([0x7E01, 0xFC55, 0x0001, 0x83FF, 0x3555], "u2").view("f2")
    f["singles"] = np.array([0x7FC00001, 0xFF800123, 0x00000001, 0x7F7FFFFF], "u4").view("f4")
    f["doubles"] = np.array([0x7FF0000000000001, 0xFFF80000DEADBEEF, 1, 0x8000000000000000], "u8").view("f8")
    f["largest"] = np.array([2**64 - 1, 2**53 + 1, 0], "u8")
    f["smallest"] = np.array([-(2**63), -1, 2**63 - 1], ">i8")
    t = h5py.h5t.STD_I32LE.copy()
    t.set_precision(13)
    t.set_offset(5)
    custom(f, "odd_signed", t, np.array([-4096, 4095, -1, 0, 77], "i4"))
    t = h5py.h5t.STD_U16BE.copy()
    t.set_precision(9)
    t.set_offset(3)
    custom(f, "odd_unsigned", t, np.array([0, 511, 256, 1], "u2"))
    t = h5py.h5t.STD_U32LE.copy()
    t.set_precision(24)
    t.set_size(3)
    custom(f, "three_bytes", t, np.array([0, 2**24 - 1, 123456], "u4"))


def classes(f):
    plain = np.dtype([("count", "u8"), ("position", "<f4", (2, 3)), ("name", "S5"), ("flag", "?"), ("z", "c8")])
    rows = np.zeros(3, plain)
    for i in range(3):
        rows[i] = (2**60 + i, np.arange(6).reshape(2, 3) + i, b"n%d" % i, i == 1, i + 2j)
    f["plain"] = rows
    text = h5py.string_dtype()
    nested = np.dtype([("id", ">i2"), ("title", text), ("inner", [("x", "f8"), ("tags", text, (2,)), ("deep", [("a", "i1")])]),
                       ("series", h5py.vlen_dtype("i4")), ("where", h5py.ref_dtype)])
    rows = np.zeros(3, nested)
    for i in range(3):
        rows[i] = (i - 1, "title %d" % i, (i / 3, np.array(["t%d" % i, "é"], object), (i,)), np.arange(i, dtype="i4"), f["plain"].ref)
    f["nested"] = rows
    padded = np.dtype({"names": ["a", "b"], "formats": ["u1", "<f8"], "offsets": [3, 16], "itemsize": 32})
    f["padded"] = np.array([(1, 1.5), (2, 2.5)], padded)
    f["arrays"] = np.array([(np.arange(4).reshape(2, 2),), (np.arange(4, 8).reshape(2, 2),)], dtype=[("m", "i2", (2, 2))])
    f["opaque"] = np.array([np.void(b"\x01\x02\x03"), np.void(b"\xff\x00\x10")])
    d = f.create_dataset("colours", (3,), h5py.enum_dtype({"RED": -1, "GREEN": 2}, basetype="i1"))
    d[:] = [-1, 2, -1]
    d = f.create_dataset("unsigned_enum", (2,), h5py.enum_dtype({"A": 0, "B": 65535}, basetype="u2"))
    d[:] = [0, 65535]
    f["ragged"] = np.array([np.arange(3), np.arange(0), np.arange(5)], dtype=object).astype(h5py.vlen_dtype("i4"))
    d = f.create_dataset("ragged_texts", (2,), h5py.vlen_dtype(text))
    d[0] = np.array(["a", "bcd"], object)
    d[1] = np.array(["", "ä", "x" * 300], object)
    big = f.create_dataset("ragged_large", (4,), h5py.vlen_dtype("f8"))
    for i in range(4):
        big[i] = np.arange(2000) + i
    f["references"] = np.array([f["plain"].ref, f["/"].ref, h5py.Reference()], dtype=h5py.ref_dtype)
    d = f.create_dataset("regions", (4,), h5py.regionref_dtype)
    f["image"] = np.arange(20).reshape(4, 5)
    d[0] = f["image"].regionref[1:3, 0:5:2]
    d[1] = f["image"].regionref[2, 3]
    d[2] = f["image"].regionref[np.arange(20).reshape(4, 5) % 7 == 3]
    bits = h5py.h5d.create(f.id, b"bitfield", h5py.h5t.STD_B16BE, h5py.h5s.create_simple((2,)))
    bits.write(h5py.h5s.ALL, h5py.h5s.ALL, np.array([5, 65535], "u2"), mtype=h5py.h5t.STD_B16LE)
    f["complex"] = np.array([1 + 2j, -0.5j], "c16")
    f["null_text"] = np.array(["", "x"], dtype=text)
    for name in ["plain", "nested", "arrays", "opaque", "colours", "ragged", "ragged_texts", "references", "regions", "padded"]:
        f["image"].attrs.create(name, f[name][()], dtype=f[name].dtype)


def describe(f):
    rows = {}
    for name, d in f.items():
        if name == "bitfield":
            rows[name] = ["i:5", "i:65535"]
            continue
        if name in ["odd_signed", "odd_unsigned", "three_bytes"]:
            out = np.zeros(d.shape, "i8")
            d.id.read(h5py.h5s.ALL, h5py.h5s.ALL, out)
        elif name in ["wide_24", "shifted", "quad", "quad_big", "bfloat16", "tiny"]:
            out = np.zeros(d.shape, "f8")
            d.id.read(h5py.h5s.ALL, h5py.h5s.ALL, out)
        else:
            out = d[()]
        rows[name] = [canon(f, value) for value in (out.ravel() if out.shape else [out])]
    rows["@"] = {}
    if "image" in f:
        for name in f["image"].attrs:
            value = np.asarray(f["image"].attrs[name])
            rows["@"][name] = [canon(f, row) for row in value.ravel()]
    return rows


class Library:
    """The functions of libhdf5 that h5py does not have."""

    def __init__(self):
        folder = os.path.dirname(h5py.__file__)
        self.libhdf5 = ctypes.CDLL(glob.glob(folder + "/../h5py.libs/libhdf5-*")[0])
        self.libhdf5.H5open()

    def __getattr__(self, name):
        function = getattr(self.libhdf5, name)
        function.restype = ctypes.c_int64

        def call(*arguments):
            kinds = {int: ctypes.c_int64, bytes: ctypes.c_char_p}
            result = function(*[kinds[type(a)](a) if type(a) in kinds else a for a in arguments])
            assert result >= 0, name
            return result

        return call

    def type(self, name):
        return ctypes.c_int64.in_dll(self.libhdf5, name + "_g").value


def sizes(*values):
    return (ctypes.c_uint64 * len(values))(*values)


def revised(name):
    """References of HDF5 1.12: object, region, attribute, each here and in another file, and none."""
    lib = Library()
    number = lib.type("H5T_STD_I32LE")
    files = []
    for file in ["revised_other.h5", name]:
        f = lib.H5Fcreate(file.encode(), ctypes.c_uint(2), 0, 0)
        space = lib.H5Screate_simple(ctypes.c_int(2), sizes(4, 5), None)
        one = lib.H5Screate_simple(ctypes.c_int(1), sizes(1), None)
        d = lib.H5Dcreate2(f, b"data", number, space, 0, 0, 0)
        a = lib.H5Acreate2(d, b"units", number, one, 0, 0)
        lib.H5Sselect_hyperslab(space, ctypes.c_int(0), sizes(1, 1), None, sizes(2, 3), None)
        files.append((f, [space, one, d, a]))
    memory = (ctypes.c_uint8 * (64 * 7))()
    at = ctypes.addressof(memory)
    for place, (f, ids) in zip([3, 0], files):
        lib.H5Rcreate_object(f, b"/data", 0, ctypes.c_void_p(at + 64 * place))
        lib.H5Rcreate_region(f, b"/data", ids[0], 0, ctypes.c_void_p(at + 64 * (place + 1)))
        lib.H5Rcreate_attr(f, b"/data", b"units", 0, ctypes.c_void_p(at + 64 * (place + 2)))
    space = lib.H5Screate_simple(ctypes.c_int(1), sizes(7), None)
    f = files[1][0]
    kind = lib.type("H5T_STD_REF")
    d = lib.H5Dcreate2(f, b"refs", kind, space, 0, 0, 0)
    lib.H5Dwrite(d, kind, 0, 0, 0, ctypes.c_void_p(at))
    for place in range(6):
        lib.H5Rdestroy(ctypes.c_void_p(at + 64 * place))
    for f, ids in [(0, [d, space]), *files]:
        for i in ids:
            lib.H5Idec_ref(i)
        if f:
            lib.H5Fclose(f)
    addresses = []
    for file in [name, "revised_other.h5"]:
        with h5py.File(file) as f:
            addresses.append(h5py.h5o.get_info(f["data"].id).addr)
    rows = []
    for address, prefix in zip(addresses, ["", "e:revised_other.h5:"]):
        rows += [f"{prefix}r:{address}", f"{prefix}R:{address}:1,1:2,3", f"{prefix}a:{address}:units"]
    return {"refs": rows + ["r:null"], "@": {}}


def main():
    HERE.mkdir(exist_ok=True)
    os.chdir(HERE)
    for old in HERE.glob("*.h5"):
        old.unlink()
    expected = {}
    for make in [numbers, classes]:
        for version in ["earliest", "latest"]:
            name = f"{make.__name__}_{version}.h5"
            with h5py.File(name, "w", libver=(version, "latest")) as f:
                make(f)
            with h5py.File(name, "r") as f:
                expected[name] = describe(f)
    expected["revised.h5"] = revised("revised.h5")
    pathlib.Path("expected.json").write_text(json.dumps(expected, indent=0, sort_keys=True, ensure_ascii=False) + "\n")


main()
