"""Writes data/chunks.txt and data/chunks.bin: stored chunks, and what libhdf5 decodes from them.

Run: pip install h5py hdf5plugin numpy pillow; python make.py
Written with h5py 3.16 (libhdf5 2.0.0), hdf5plugin 7.1, numpy 2.4, Pillow 12.

A line of chunks.txt is: name, filters (id:parameter,parameter;id:...), filter mask, size of an
element, offset and size in chunks.bin, size and CRC-32 of the decoded bytes. The decoded bytes are
those that libhdf5 gives without a conversion of type.
"""

import io
import pathlib
import zlib

import h5py
import hdf5plugin
import numpy as np
from h5py import h5d, h5p, h5s, h5t
from PIL import Image

HERE = pathlib.Path(__file__).parent / "data"
RNG = np.random.default_rng(20260402)
LINES, BLOB = [], bytearray()


def samples(kind, dtype, shape):
    dtype = np.dtype(dtype)
    count = int(np.prod(shape))
    if kind == "noise":
        raw = RNG.integers(0, 256, count * dtype.itemsize, dtype=np.uint8)
        return raw.view(dtype).reshape(shape)
    if kind == "constant":
        return np.full(shape, 7, dtype)
    if kind == "zero":
        return np.zeros(shape, dtype)
    if kind == "ramp":
        return (np.arange(count) % 113).astype(dtype).reshape(shape)
    if kind == "smooth":
        x = np.arange(count) / 17.0
        return (50 + 40 * np.sin(x) + 0.2 * np.cos(7 * x)).astype(dtype).reshape(shape)
    if kind == "sparse":
        frame = (RNG.random(count) < 0.02).astype(dtype) * RNG.integers(1, 200)
        return frame.astype(dtype).reshape(shape)
    frame = RNG.poisson(0.3, count)
    frame[:: max(1, count // 13)] = 100
    return frame.astype(dtype).reshape(shape)


def text(filters):
    return ";".join(f"{i}:{','.join(str(v) for v in values)}" for i, values in filters)


def line(name, filters, mask, element_size, stored, decoded):
    LINES.append(
        f"{name} {text(filters) or '-'} {mask} {element_size} {len(BLOB)} {len(stored)} {len(decoded)} {zlib.crc32(decoded)}"
    )
    BLOB.extend(stored)


def case(name, data, setup, file_type=None, fill=None, mask=None):
    """Writes `data` as one chunk and records it; `setup` puts filters into the property list."""
    memory = io.BytesIO()
    with h5py.File(memory, "w") as f:
        dcpl = h5p.create(h5p.DATASET_CREATE)
        dcpl.set_chunk(data.shape)
        if fill is not None:
            dcpl.set_fill_value(np.array(fill, dtype=data.dtype))
        setup(dcpl)
        tid = file_type if file_type is not None else h5t.py_create(data.dtype, logical=True)
        space = h5s.create_simple(data.shape)
        d = h5d.create(f.id, b"d", tid, space, dcpl)
        if mask is None:
            d.write(h5s.ALL, h5s.ALL, np.ascontiguousarray(data), h5t.py_create(data.dtype))
        else:
            d.write_direct_chunk((0,) * data.ndim, data.tobytes(), mask)
        del d
    # libhdf5 2.0 forgets the mask of a chunk until the file is opened again.
    with h5py.File(memory, "r") as f:
        d = h5d.open(f.id, b"d")
        found, stored = d.read_direct_chunk((0,) * data.ndim)
        size = d.get_type().get_size()
        decoded = np.zeros(data.size * size, np.uint8)
        d.read(h5s.ALL, h5s.ALL, decoded.view(f"V{size}").reshape(data.shape), d.get_type())
        plist = d.get_create_plist()
        filters = [(plist.get_filter(i)[0], plist.get_filter(i)[2]) for i in range(plist.get_nfilters())]
        line(name, filters, found, size, stored, decoded.tobytes())


def plugin(filter_):
    return lambda dcpl: dcpl.set_filter(filter_.filter_id, h5py.h5z.FLAG_OPTIONAL, filter_.filter_options)


def both(*setups):
    def run(dcpl):
        for setup in setups:
            setup(dcpl)

    return run


def sweep(name, setup, dtypes=("u1", "u2", "u4", "u8"), shapes=((1,), (7,), (333,)), big=("u2", "u4")):
    for dtype in dtypes:
        for kind in ("counts", "noise", "constant", "ramp"):
            for shape in shapes:
                if kind == "noise" and shape == (333,):
                    shape = (59,)
                if shape != (7,) or kind in ("counts", "noise"):
                    label = "x".join(map(str, shape))
                    case(f"{name}-{dtype}-{kind}-{label}", samples(kind, dtype, shape), setup)
    for dtype in big:
        case(f"{name}-{dtype}-sparse-big", samples("sparse", dtype, (20011,)), setup)
        case(f"{name}-{dtype}-zero-big", samples("zero", dtype, (20011,)), setup)


def basic():
    sweep("deflate", lambda p: p.set_deflate(6))
    sweep("shuffle", lambda p: p.set_shuffle(), big=(), shapes=((1,), (37,)))
    sweep("shuffle-deflate", both(lambda p: p.set_shuffle(), lambda p: p.set_deflate(4)))
    sweep("fletcher32", lambda p: p.set_fletcher32(), big=(), shapes=((7,),))
    everything = both(lambda p: p.set_shuffle(), lambda p: p.set_deflate(4), lambda p: p.set_fletcher32())
    sweep("all-three", everything, shapes=((333,),))
    sweep("lzf", lambda p: p.set_filter(32000, h5py.h5z.FLAG_OPTIONAL, ()), shapes=((7,), (333,)))
    sweep("shuffle-lzf", both(lambda p: p.set_shuffle(), lambda p: p.set_filter(32000, h5py.h5z.FLAG_OPTIONAL, ())))
    # Filters that were left out of a chunk: all, and the second.
    data = samples("counts", "u4", (50,))
    case("mask-all", data, everything, mask=7)
    planes = data.view(np.uint8).reshape(-1, 4).T.copy().reshape(-1).view("u4")
    case("mask-second", planes, both(lambda p: p.set_shuffle(), lambda p: p.set_deflate(4)), mask=2)


def packers():
    for level, name in ((0, "none"), (None, "lz4"), (3, "zstd")):
        for nelems in (0, 64):
            options = {"nelems": nelems}
            options["cname"] = name
            if name == "zstd":
                options["clevel"] = level
            shapes = ((1,), (7,), (333,)) if nelems == 0 else ((333,),)
            big = () if name == "none" else ("u2", "u4")
            sweep(f"bitshuffle-{name}-{nelems}", plugin(hdf5plugin.Bitshuffle(**options)), shapes=shapes, big=big)
    sweep("lz4", plugin(hdf5plugin.LZ4()))
    sweep("lz4-small", plugin(hdf5plugin.LZ4(nbytes=256)), shapes=((333,),), big=("u2",))
    sweep("zstd", plugin(hdf5plugin.Zstd(clevel=3)))
    sweep("bzip2", plugin(hdf5plugin.BZip2(blocksize=5)), dtypes=("u1", "u4"))


def blosc():
    for cname in ("blosclz", "lz4", "lz4hc", "snappy", "zlib", "zstd"):
        for shuffle, label in ((0, "plain"), (1, "bytes"), (2, "bits")):
            setup = plugin(hdf5plugin.Blosc(cname=cname, clevel=5, shuffle=shuffle))
            dtypes = ("u1", "u2", "u4", "u8") if cname in ("lz4", "blosclz") else ("u2", "u8")
            shapes = ((7,), (333,)) if cname in ("lz4", "blosclz") else ((333,),)
            sweep(f"blosc-{cname}-{label}", setup, dtypes=dtypes, shapes=shapes)
    case("blosc-level-0", samples("counts", "u4", (333,)), plugin(hdf5plugin.Blosc(clevel=0)))
    large = np.arange(300_001, dtype="u4") // 1000
    for cname in ("blosclz", "lz4", "zstd"):
        case(f"blosc-{cname}-blocks", large, plugin(hdf5plugin.Blosc(cname=cname, clevel=1, shuffle=1)))


def blosc2():
    for cname in ("blosclz", "lz4", "lz4hc", "zlib", "zstd"):
        for filters, label in ((0, "plain"), (1, "bytes"), (2, "bits"), (4, "delta")):
            filters = {4: hdf5plugin.Blosc2.DELTA}.get(filters, filters)
            setup = plugin(hdf5plugin.Blosc2(cname=cname, clevel=5, filters=filters))
            dtypes = ("u1", "u2", "u4", "u8") if cname in ("lz4", "blosclz") else ("u2", "u8")
            shapes = ((7,), (333,)) if cname in ("lz4", "blosclz") else ((333,),)
            sweep(f"blosc2-{cname}-{label}", setup, dtypes=dtypes, shapes=shapes)
    case("blosc2-level-0", samples("counts", "u4", (333,)), plugin(hdf5plugin.Blosc2(clevel=0)))
    trunc = plugin(hdf5plugin.Blosc2(filters=hdf5plugin.Blosc2.TRUNC_PREC))
    case("blosc2-trunc", samples("smooth", "f4", (333,)), trunc)
    large = np.arange(300_001, dtype="u4") // 1000
    for cname in ("blosclz", "lz4", "zstd"):
        setup = plugin(hdf5plugin.Blosc2(cname=cname, clevel=1, filters=1))
        case(f"blosc2-{cname}-blocks", large, setup)
        case(f"blosc2-{cname}-2d", samples("counts", "u2", (33, 47)), setup)
        case(f"blosc2-{cname}-3d", samples("sparse", "u4", (5, 33, 47)), setup)
        case(f"blosc2-{cname}-2d-large", samples("zero", "u4", (513, 700)) + (np.arange(700, dtype="u4") // 9), setup)
        case(f"blosc2-{cname}-2d-zero", samples("zero", "u4", (70, 90)), setup)
        case(f"blosc2-{cname}-2d-constant", samples("constant", "u4", (70, 90)), setup)
    nan = np.full((400,), np.nan, "f4")
    case("blosc2-nan", nan, plugin(hdf5plugin.Blosc2()))
    case("blosc2-nan-f8", nan.astype("f8"), plugin(hdf5plugin.Blosc2()))


def szip():
    for option, label in ((h5py.h5z.SZIP_NN_OPTION_MASK, "nn"), (h5py.h5z.SZIP_EC_OPTION_MASK, "ec")):
        for block in (4, 8, 32):
            def setup(p, option=option, block=block):
                p.set_szip(option, block)

            shapes = ((333,), (9, 37), (32,))
            for dtype in ("u1", "u2", "u4", "u8", "i2", ">u2", ">u4", "f4", "f8"):
                for kind in ("counts", "noise", "ramp", "constant", "zero"):
                    for shape in shapes if kind == "counts" else ((61,),):
                        label2 = "x".join(map(str, shape))
                        name = f"szip-{label}-{block}-{dtype}-{kind}-{label2}".replace(">", "big-")
                        case(name, samples(kind, dtype, shape), setup)
            case(f"szip-{label}-{block}-u2-big", samples("sparse", "u2", (10, 700)), setup)
            case(f"szip-{label}-{block}-u2-zero", samples("zero", "u2", (10, 700)), setup)
            case(f"szip-{label}-{block}-u2-smooth", samples("smooth", "u2", (11, 300)), setup)
            case(f"szip-{label}-{block}-u4-smooth", samples("smooth", "u4", (11, 300)), setup)


def integer(base, precision, offset=0):
    tid = base.copy()
    tid.set_precision(precision)
    tid.set_offset(offset)
    return tid


def nbit():
    def setup(p):
        p.set_filter(5, h5py.h5z.FLAG_OPTIONAL, ())

    for base, dtype, label in (
        (h5t.STD_U8LE, "u1", "u1"),
        (h5t.STD_U16LE, "u2", "u2"),
        (h5t.STD_U16BE, "u2", "big-u2"),
        (h5t.STD_I32LE, "i4", "i4"),
        (h5t.STD_U32BE, "u4", "big-u4"),
        (h5t.STD_U64LE, "u8", "u8"),
        (h5t.STD_U64BE, "u8", "big-u8"),
    ):
        bits = np.dtype(dtype).itemsize * 8
        for precision, offset in ((bits * 3 // 4, 0), (bits - 3, 2), (bits - 1, 0), (bits // 2 + 1, bits // 4), (bits, 0)):
            tid = integer(base, precision, offset)
            data = RNG.integers(0, 2 ** min(precision - 1, 62), 61).astype(dtype)
            case(f"nbit-{label}-{precision}-{offset}", data, setup, file_type=tid)
    data = np.zeros(29, dtype=[("a", "u2"), ("b", "i4", (3,)), ("c", "f4"), ("d", "u1")])
    data["a"] = RNG.integers(0, 500, 29)
    data["b"] = RNG.integers(-100, 100, (29, 3))
    data["c"] = RNG.normal(size=29)
    data["d"] = RNG.integers(0, 8, 29)
    compound = h5t.create(h5t.COMPOUND, 24)
    compound.insert(b"a", 1, integer(h5t.STD_U16LE, 9))
    compound.insert(b"b", 4, h5t.array_create(integer(h5t.STD_I32BE, 20), (3,)))
    compound.insert(b"c", 17, h5t.IEEE_F32LE)
    compound.insert(b"d", 22, integer(h5t.STD_U8LE, 5, 1))
    case("nbit-compound", data, setup, file_type=compound)
    nested = h5t.create(h5t.COMPOUND, 30)
    nested.insert(b"x", 2, integer(h5t.STD_U16LE, 9))
    nested.insert(b"in", 5, compound)
    outer = np.zeros(17, dtype=[("x", "u2"), ("in", data.dtype)])
    outer["x"] = RNG.integers(0, 500, 17)
    outer["in"] = data[:17]
    case("nbit-nested", outer, setup, file_type=nested)
    mixed = np.zeros(17, dtype=[("s", "S5"), ("x", "u2")])
    mixed["s"] = b"ab\xffde"
    mixed["x"] = RNG.integers(0, 500, 17)
    text_and_number = h5t.create(h5t.COMPOUND, 8)
    string = h5t.C_S1.copy()
    string.set_size(5)
    text_and_number.insert(b"s", 0, string)
    text_and_number.insert(b"x", 5, integer(h5t.STD_U16LE, 9))
    case("nbit-string", mixed, setup, file_type=text_and_number)
    inner = h5t.array_create(integer(h5t.STD_I32LE, 20), (6,))
    data = RNG.integers(-100, 100, (11, 6)).astype("i4")
    with h5py.File(io.BytesIO(), "w") as f:
        dcpl = h5p.create(h5p.DATASET_CREATE)
        dcpl.set_chunk((11,))
        setup(dcpl)
        d = h5d.create(f.id, b"d", inner, h5s.create_simple((11,)), dcpl)
        d.write(h5s.ALL, h5s.ALL, data.view("V24").reshape(11), h5t.array_create(h5t.NATIVE_INT32, (6,)))
        found, stored = d.read_direct_chunk((0,))
        decoded = np.zeros(11, "V24")
        d.read(h5s.ALL, h5s.ALL, decoded, d.get_type())
        plist = d.get_create_plist()
        filters = [(plist.get_filter(0)[0], plist.get_filter(0)[2])]
        line("nbit-array", filters, found, 24, stored, decoded.tobytes())


def scale_offset():
    for dtype in ("u1", "u2", "u4", "u8", "i1", "i2", "i4", "i8", ">u2", ">i4", ">u8"):
        for bits in (0, 5, 8 * np.dtype(dtype).itemsize):
            def setup(p, bits=bits):
                p.set_scaleoffset(h5py.h5z.SO_INT, bits)

            data = (RNG.integers(0, 25, 77) + 60).astype(dtype)
            name = f"scaleoffset-{dtype}-{bits}".replace(">", "big-")
            case(name, data, setup)
            data[3::7] = 99
            case(name + "-fill", data, setup, fill=99)
            if "i" in dtype:
                case(name + "-negative", (RNG.integers(0, 25, 77) - 60).astype(dtype), setup)
        case(f"scaleoffset-{dtype}-noise".replace(">", "big-"), samples("noise", dtype, (77,)), lambda p: p.set_scaleoffset(h5py.h5z.SO_INT, 0))
        case(f"scaleoffset-{dtype}-constant".replace(">", "big-"), samples("constant", dtype, (77,)), lambda p: p.set_scaleoffset(h5py.h5z.SO_INT, 0))
    for dtype in ("f4", "f8", ">f4", ">f8"):
        for digits in (0, 2, 5):
            def setup(p, digits=digits):
                p.set_scaleoffset(h5py.h5z.SO_FLOAT_DSCALE, digits)

            data = (RNG.normal(size=77) * 20 - 3).astype(dtype)
            name = f"scaleoffset-{dtype}-{digits}".replace(">", "big-")
            case(name, data, setup)
            data[3::7] = -999.5
            case(name + "-fill", data, setup, fill=-999.5)


def zfp():
    for dtype in ("f4", "f8", "i4", "i8"):
        for shape in ((1,), (37,), (9, 14), (5, 6, 7), (3, 5, 4, 6)):
            label = "x".join(map(str, shape))
            kinds = ("smooth", "zero") if dtype[0] == "f" else ("smooth", "ramp", "zero")
            for kind in kinds:
                data = samples(kind, dtype, shape)
                for mode, options in (
                    ("reversible", {"reversible": True}),
                    ("rate", {"rate": 11.0}),
                    ("precision", {"precision": 14}),
                    ("accuracy", {"accuracy": 0.05}),
                ):
                    if mode == "accuracy" and dtype[0] == "i":
                        continue
                    if kind == "zero" and mode != "reversible" and shape != (9, 14):
                        continue
                    case(f"zfp-{mode}-{dtype}-{kind}-{label}", data, plugin(hdf5plugin.Zfp(**options)))
        if dtype[0] == "f":
            wide = (RNG.normal(size=(13, 11)) * 10.0 ** RNG.integers(-20, 20, (13, 11))).astype(dtype)
            for options in ({"reversible": True}, {"accuracy": 1e-3}, {"precision": 30}):
                case(f"zfp-wide-{dtype}-{next(iter(options))}", wide, plugin(hdf5plugin.Zfp(**options)))
            odd = wide.copy()
            odd[2, 3], odd[5, 6], odd[0, 0] = np.nan, np.inf, -0.0
            case(f"zfp-odd-{dtype}", odd, plugin(hdf5plugin.Zfp(reversible=True)))
        noise = samples("noise", "i4" if dtype[1] == "4" else "i8", (9, 14))
        if dtype[0] == "i":
            case(f"zfp-noise-{dtype}", noise, plugin(hdf5plugin.Zfp(reversible=True)))
            case(f"zfp-noise-precision-{dtype}", noise // 4, plugin(hdf5plugin.Zfp(precision=20)))
        options = {"minbits": 8, "maxbits": 500, "maxprec": 20, "minexp": -10}
        case(f"zfp-expert-{dtype}", samples("smooth", dtype, (9, 14)), plugin(hdf5plugin.Zfp(**options)))


def jpeg():
    """No HDF5 library is needed for the JPEG filter: its chunk is a JPEG file. Decoded by libjpeg-turbo."""
    frame = np.hypot(*np.mgrid[-20:20:41j, -30:30:57j])
    frame = (128 + 100 * np.cos(frame)).astype("u1")
    colour = np.stack([frame, frame[::-1], 255 - frame], axis=2)
    for name, image, kind in (("grey", frame, 0), ("colour", colour, 1)):
        out = io.BytesIO()
        Image.fromarray(image).save(out, "jpeg", quality=95, subsampling=0)
        decoded = np.asarray(Image.open(io.BytesIO(out.getvalue()))).tobytes()
        (HERE / f"{name}.jpg").write_bytes(out.getvalue())
        (HERE / f"{name}.raw").write_bytes(decoded)


for write in (basic, packers, blosc, blosc2, szip, nbit, scale_offset, zfp, jpeg):
    write()
    print(write.__name__, len(LINES), len(BLOB))
(HERE / "chunks.txt").write_text("\n".join(LINES) + "\n")
(HERE / "chunks.bin").write_bytes(bytes(BLOB))
