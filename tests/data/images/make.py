#!/usr/bin/env python3
"""Writes the small image files of the tests, and what other readers read from them.

Needs numpy, tifffile, imagecodecs (for LZW and zstd) and mrcfile. Run in this
folder; it writes the files and expected.json: for each file and dataset the
shape, the type and the CRC-32 of the samples in little-endian order, all as
the reference reader of the format gives them.
"""

import json
import pathlib
import struct
import zlib

import mrcfile
import numpy as np
import tifffile

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


def tiff(name, data, **options):
    """Writes a stack, and notes what tifffile reads page by page."""
    path = HERE / f"tiff_{name}.tif"
    tifffile.imwrite(path, data, software=options.pop("software", "make.py"), **options)
    with tifffile.TiffFile(path) as file:
        assert len(file.series) == 1, name
        pages = np.stack([page.asarray() for page in file.pages])
    if len(pages) == 1 and not (options.get("imagej") and data.ndim > 2):
        pages = pages[0]
    if options.get("imagej") or options.get("ome"):
        pages = tifffile.imread(path)
    assert np.array_equal(pages.reshape(data.shape), data,
                          equal_nan=data.dtype.kind in "fc"), name
    expect(path.name, pages)


def tiffs():
    image = (13, 17)
    for dtype in ["u1", "<u2", "<u4", "<u8", "i1", "<i2", "<i4", "<f2", "<f4", "<f8", "<c8"]:
        kind = np.dtype(dtype).name
        tiff(kind, ramp(image, dtype))
    for byteorder in "<>":
        name = {"<": "little", ">": "big"}[byteorder]
        tiff(f"stack_{name}", ramp((5, *image), byteorder + "u2"), byteorder=byteorder)
        tiff(f"bigtiff_{name}", ramp((3, *image), byteorder + "f4"), byteorder=byteorder,
             bigtiff=True, rowsperstrip=4)
    for compression in ["lzw", "adobe_deflate", "packbits", "zstd"]:
        for byteorder in "<>":
            name = f"{compression}_{'little' if byteorder == '<' else 'big'}"
            stack = ramp((2, 40, 33), byteorder + "u2")
            tiff(name, stack, compression=compression, rowsperstrip=16, byteorder=byteorder)
            if compression != "packbits":
                tiff(f"{name}_predictor2", stack, compression=compression, rowsperstrip=16,
                     byteorder=byteorder, predictor=2)
                tiff(f"{name}_predictor3", ramp((2, 40, 33), byteorder + "f4"),
                     compression=compression, rowsperstrip=16, byteorder=byteorder,
                     predictor=3)
    for dtype in ["u1", "<u4", "<i8"]:
        tiff(f"predictor2_{np.dtype(dtype).name}", ramp((20, 21), dtype),
             compression="adobe_deflate", predictor=2)
    tiff("predictor3_float64", ramp((20, 21), "<f8"), compression="adobe_deflate", predictor=3)
    tiff("predictor3_float16", ramp((20, 21), "<f2"), compression="adobe_deflate", predictor=3)
    tiff("tiles", ramp((2, 40, 50), "<u2"), tile=(16, 32))
    tiff("tiles_lzw", ramp((2, 40, 50), "<i4"), tile=(16, 32), compression="lzw", predictor=2)
    rgb = ramp((20, 22, 3), "u1")
    tiff("rgb", rgb, photometric="rgb", rowsperstrip=7)
    tiff("rgb_lzw", rgb, photometric="rgb", rowsperstrip=7, compression="lzw", predictor=2)
    tiff("rgb_planar", np.ascontiguousarray(np.moveaxis(ramp((20, 22, 3), "<u2"), -1, 0)),
         photometric="rgb", planarconfig="separate", rowsperstrip=7)
    tiff("imagej", ramp((4, 3, *image), ">u2"), imagej=True, byteorder=">",
         metadata={"axes": "TZYX", "unit": "um"}, resolution=(2.5, 2.5))
    tiff("ome", ramp((2, 3, *image), "<u2"), ome=True,
         metadata={"axes": "TZYX", "UUID": "00000000-0000-4000-8000-000000000000"})
    tiff("pilatus", ramp(image, "<i4"), metadata=None, resolution=(58.14, 58.14),
         resolutionunit="CENTIMETER",
         description="# Pixel_size 172e-6 m x 172e-6 m\r\n# Exposure_time 0.5000000 s\r\n")
    headless()
    unlike_pages()
    odd_bits()


def headless():
    """A stack of ImageJ whose pages but the first have no directory."""
    data = ramp((6, 13, 17), ">u2")
    path = HERE / "tiff_headless.tif"
    tifffile.imwrite(path, data, imagej=True, byteorder=">", truncate=True)
    with tifffile.TiffFile(path) as file:
        assert len(file.pages) == 1
    expect(path.name, tifffile.imread(path))


def unlike_pages():
    """Pages that differ in their strips, and others in their shape."""
    data = ramp((3, 24, 10), "<u2")
    path = HERE / "tiff_unlike.tif"
    with tifffile.TiffWriter(path) as writer:
        for page, rows in zip(data, [24, 5, 8]):
            writer.write(page, compression="lzw", rowsperstrip=rows, metadata=None)
        writer.write(ramp((6, 5), "<u2"), subfiletype=1, metadata=None)
        writer.write(ramp((4, 4), "<f4"), metadata=None)
    with tifffile.TiffFile(path) as file:
        expect(path.name, np.stack([page.asarray() for page in file.pages[:3]]))
        expect(path.name, file.pages[4].asarray(), "/data_2")
        expect(path.name, file.pages[3].asarray(), "/data_3")


def odd_bits():
    """Samples of 1, 4 and 12 bits, the most significant first."""
    for bits in [1, 4, 12]:
        dtype = "u1" if bits <= 8 else "<u2"
        data = ramp((11, 13), dtype) & ((1 << bits) - 1)
        rows = np.zeros((11, -(-13 * bits // 8) * 8), dtype="u1")
        for bit in range(bits):
            rows[:, bit:13 * bits:bits] = data >> (bits - 1 - bit) & 1
        packed = np.packbits(rows, axis=1).tobytes()
        path = HERE / f"tiff_bits{bits}.tif"
        entries = [(256, 13), (257, 11), (258, bits), (259, 1), (262, 1), (273, 122),
                   (277, 1), (278, 11), (279, len(packed))]
        directory = struct.pack("<H", len(entries))
        directory += b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in entries)
        path.write_bytes(b"II*\0" + struct.pack("<I", 8) + directory + bytes(4) + packed)
        expect(path.name, tifffile.imread(path).astype(dtype))


def write_mrc(path, data, voxel_size=2.5, extended=None):
    with mrcfile.new(path, overwrite=True) as file:
        if extended is not None:
            file.set_extended_header(extended)
        file.set_data(data)
        file.voxel_size = voxel_size
        # The label of the writer has the time in it.
        file.header.label = b""
        file.header.nlabl = 0
        file.add_label("written by make.py")
    with mrcfile.open(path) as file:
        expect(path.name, file.data)


def mrc():
    """Maps of each mode, with an extended header, and in the other order."""
    for dtype in ["i1", "<i2", "<f4", "<c8", "<u2", "<f2"]:
        write_mrc(HERE / f"mrc_{np.dtype(dtype).name}.mrc", ramp((3, 5, 7), dtype))
    write_mrc(HERE / "mrc_extended.mrc", ramp((5, 7), "<i2"), extended=np.zeros(96, dtype="V1"))
    write_mrc(HERE / "mrc_big.mrc", ramp((2, 5, 7), ">f4"))


def volume():
    """A volume as PyHST writes it, with its description."""
    data = ramp((4, 5, 6), "<f4")
    data.tofile(HERE / "slice.vol")
    (HERE / "slice.vol.info").write_text(
        "! PyHST_SLAVE VOLUME INFO FILE\nNUM_X =  6\nNUM_Y =  5\nNUM_Z =  4\n"
        "voxelSize =  0.650000\nBYTEORDER = LOWBYTEFIRST\nValMin = -11.5\nValMax = 30.0\n"
        "s1 = 0.0\ns2 = 1.0\nS1 = 0.0\nS2 = 1.0\n")
    expect("slice.vol", data)
    expect("slice.vol.info", data)


def raw():
    """Samples without a header, whose shape is in the name."""
    data = ramp((4, 12, 16), "<u2")
    data.tofile(HERE / "raw_16x12x4_16bit.raw")
    expect("raw_16x12x4_16bit.raw", data)
    square = ramp((32, 32), "<u2")
    square.tofile(HERE / "raw_square.bin")
    expect("raw_square.bin", square)


def series():
    """A scan of single images, one of which is of another shape, in a folder."""
    folder = HERE / "series"
    folder.mkdir(exist_ok=True)
    for number in [8, 9, 10, 11]:
        shape = (6, 7) if number != 11 else (5, 7)
        image = np.full(shape, number, dtype="<u2")
        tifffile.imwrite(folder / f"scan_{number}.tif", image, metadata=None, software="make.py")


def main():
    numpy_arrays()
    tiffs()
    mrc()
    volume()
    raw()
    series()
    (HERE / "expected.json").write_text(json.dumps(EXPECTED, indent=1) + "\n")


if __name__ == "__main__":
    main()
