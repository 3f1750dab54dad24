"""Writes the small files of the beamline formats, and what other readers find in them.

Needs numpy, fabio (EDF, CBF byte offset, SMV) and pycbf (CBF packed); SPEC and .fio
are in make_scans.py. Run it in this folder; the files are the same on every run.
"""

import bz2
import gzip
import json
import struct
import zlib

import fabio
import numpy
import pycbf
from fabio.cbfimage import CbfImage
from fabio.edfimage import EdfImage

RANDOM = numpy.random.default_rng(20240607)
EXPECTED = {}


def expect(name, frames, **more):
    """Notes the samples of a file, as the frames that an independent reader gives."""
    frames = [numpy.asarray(frame) for frame in frames]
    shape = list(frames[0].shape)
    if len(frames) > 1:
        shape.insert(0, len(frames))
    flat = numpy.concatenate([frame.ravel() for frame in frames])
    values = [repr(value) for value in flat.tolist()]
    EXPECTED[name] = {"shape": shape, "dtype": str(flat.dtype), "values": values, **more}


def image(dtype, shape=(5, 7)):
    if numpy.dtype(dtype).kind == "f":
        return RANDOM.normal(0, 1e3, shape).astype(dtype)
    limits = numpy.iinfo(dtype)
    return RANDOM.integers(limits.min, limits.max, shape, dtype=dtype, endpoint=True)


def read_by_fabio(name):
    with fabio.open(name) as file:
        if file.nframes == 1:
            return [file.data.copy()]
        return [file.getframe(index).data.copy() for index in range(file.nframes)]


def edf_block(data, pairs, packed=None, header_bytes=512, size=None):
    """A block as Lima writes it; `packed` stands for the bytes of the samples."""
    stored = data.tobytes() if packed is None else packed
    lines = [f"{name} = {value} ;" for name, value in pairs]
    lines.append(f"Size = {len(stored) if size is None else size} ;")
    for axis, length in enumerate(reversed(data.shape)):
        lines.append(f"Dim_{axis + 1} = {length} ;")
    text = "{\n" + "\n".join(lines) + "\n"
    return (text.ljust(header_bytes - 2) + "}\n").encode() + stored


def write(name, data):
    with open(name, "wb") as file:
        file.write(data)


def edf():
    for dtype in ["i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", "f4", "f8"]:
        name = f"type_{dtype}.edf"
        EdfImage(data=image(dtype)).write(name)
        expect(name, read_by_fabio(name))
    frames = [image("u2") for _ in range(6)]
    saxs = {
        "Center_1": "3.25", "Center_2": "2.5", "PSize_1": "1.72e-04", "PSize_2": "1.72e-04",
        "SampleDistance": "1.25", "WaveLength": "9.95e-11", "ExposureTime": "0.1",
    }
    many = EdfImage(data=frames[0], header=saxs)
    for frame in frames[1:]:
        many.append_frame(data=frame)
    many.write("many.edf")
    fields = {name: value for name, value in [
        ("x_pixel_size", 1.72e-4), ("beam_center_x", 3.25), ("distance", 1.25),
        ("incident_wavelength", 9.95e-11), ("count_time", 0.1)]}
    expect("many.edf", read_by_fabio("many.edf"), fields=fields)
    whole = open("many.edf", "rb").read()
    write("many.edf.gz", gzip.compress(whole, mtime=0))
    write("many.edf.bz2", bz2.compress(whole))
    for end in ["gz", "bz2"]:
        expect(f"many.edf.{end}", read_by_fabio(f"many.edf.{end}"), fields=fields)
    lima = [("DataType", "UnsignedShort"), ("ByteOrder", "HighByteFirst")]
    big = [image("u2").astype(">u2") for _ in range(24)]
    write("regular.edf", b"".join(edf_block(frame, lima, header_bytes=1024) for frame in big))
    expect("regular.edf", read_by_fabio("regular.edf"))
    # Headers of odd length, and one in the middle that is longer than the others.
    odd = [edf_block(frame, lima, header_bytes=333 if at != 20 else 601) for at, frame in enumerate(big)]
    write("odd.edf", b"".join(odd))
    expect("odd.edf", read_by_fabio("odd.edf"))
    little = [("DataType", "SignedInteger"), ("ByteOrder", "LowByteFirst")]
    for name, pack in [("GZIP", lambda data: gzip.compress(data, mtime=0)),
                       ("ZLIB", zlib.compress), ("BZIP2", bz2.compress)]:
        data = [image("i4").astype("<i4") for _ in range(3)]
        blocks = [edf_block(frame, [*little, ("Compression", name)], pack(frame.tobytes())) for frame in data]
        write(f"packed_{name.lower()}.edf", b"".join(blocks))
        expect(f"packed_{name.lower()}.edf", data)
    general = b"{\nEDF_DataFormatVersion = 2.0 ;\nEDF_BinarySize = 0 ;\nDataType = UnsignedShort ;\nByteOrder = HighByteFirst ;\n"
    general = general.ljust(510) + b"}\n"
    write("general.edf", general + b"".join(edf_block(frame, []) for frame in big[:4]))
    expect("general.edf", read_by_fabio("general.edf"))
    volume = image("f4", (3, 4, 5)).astype("<f4")
    write("volume.edf", edf_block(volume, [("DataType", "FloatValue"), ("ByteOrder", "LowByteFirst")]))
    expect("volume.edf", [volume])
    size_lies = edf_block(big[0], lima, size=20)
    write("size_lies.edf", size_lies)
    expect("size_lies.edf", [big[0].astype("u2")])
    cut = open("regular.edf", "rb").read()
    write("cut.edf", cut[: len(cut) - 30])
    two = edf_block(big[0], lima) + edf_block(image("f4").astype(">f4"), [("DataType", "FloatValue"), lima[1]])
    write("two_types.edf", two)
    expect("two_types.edf", [big[0].astype("u2")])


PILATUS = """# Detector: PILATUS 100K, S/N 1-0001
# 2024-06-07T10:11:12.131
# Pixel_size 172e-6 m x 172e-6 m
# Silicon sensor, thickness 0.000320 m
# Exposure_time 0.0970000 s
# Exposure_period 0.1000000 s
# Count_cutoff 28575 counts
# Threshold_setting: 6400 eV
# Wavelength 0.97500 A
# Detector_distance 0.25000 m
# Beam_xy (4.50, 3.25) pixels
# Start_angle 10.5000 deg."""
PILATUS_FIELDS = {
    "x_pixel_size": 172e-6, "beam_center_x": 4.5, "beam_center_y": 3.25, "distance": 0.25,
    "incident_wavelength": 0.975e-10, "count_time": 0.097, "frame_time": 0.1,
    "saturation_value": 28575.0, "threshold_energy": 6400.0, "sensor_thickness": 0.00032,
    "rotation_angle": 10.5,
}


def mini_cbf(name, data):
    """A miniCBF of a Pilatus, compressed by fabio."""
    from fabio.compression import compByteOffset
    stored = compByteOffset(data.astype("i4"))
    mime = "\r\n".join([
        "--CIF-BINARY-FORMAT-SECTION--", "Content-Type: application/octet-stream;",
        '     conversions="x-CBF_BYTE_OFFSET"', "Content-Transfer-Encoding: BINARY",
        f"X-Binary-Size: {len(stored)}", "X-Binary-ID: 1",
        'X-Binary-Element-Type: "signed 32-bit integer"',
        "X-Binary-Element-Byte-Order: LITTLE_ENDIAN",
        f"X-Binary-Number-of-Elements: {data.size}",
        f"X-Binary-Size-Fastest-Dimension: {data.shape[1]}",
        f"X-Binary-Size-Second-Dimension: {data.shape[0]}", "X-Binary-Size-Padding: 128", "", ""])
    text = "###CBF: VERSION 1.5\r\ndata_small\r\n_array_data.header_convention \"PILATUS_1.2\"\r\n"
    text += "_array_data.header_contents\r\n;\r\n" + PILATUS.replace("\n", "\r\n") + "\r\n;\r\n_array_data.data\r\n;\r\n"
    end = b"\0" * 128 + b"\r\n--CIF-BINARY-FORMAT-SECTION----\r\n;\r\n"
    write(name, (text + mime).encode() + b"\x0c\x1a\x04\xd5" + stored + end)


def counts(shape=(11, 13), dtype="i4"):
    """Counts as detectors see them: many small ones, some peaks, masked pixels."""
    data = RANDOM.poisson(3, shape).astype("i8")
    data[RANDOM.random(shape) < 0.05] = 40000
    data[RANDOM.random(shape) < 0.02] = 1 << 20
    data[0, :3] = [-1, -2, 0]
    if numpy.dtype(dtype).kind == "u":
        data = numpy.abs(data)
    return data.astype(dtype)


def by_cbflib(name, data, compression):
    """Writes with CBFlib and reads back with it."""
    handle = pycbf.cbf_handle_struct()
    handle.new_datablock(b"image")
    handle.new_category(b"array_data")
    handle.new_column(b"data")
    signed = int(data.dtype.kind == "i")
    rows, columns = data.shape
    handle.set_integerarray_wdims_fs(
        compression, 1, data.tobytes(), data.dtype.itemsize, signed, data.size,
        b"little_endian", columns, rows, 1, 0)
    handle.write_widefile(name.encode(), pycbf.CBF, pycbf.MIME_HEADERS | pycbf.MSG_DIGEST, pycbf.ENC_NONE)
    again = pycbf.cbf_handle_struct()
    again.read_widefile(name.encode(), pycbf.MSG_DIGEST)
    again.select_datablock(0)
    again.find_category(b"array_data")
    again.find_column(b"data")
    read = numpy.frombuffer(again.get_integerarray_as_string(), data.dtype).reshape(data.shape)
    assert (read == data).all(), name
    expect(name, [read])


def cbf():
    mini_cbf("mini.cbf", counts())
    expect("mini.cbf", read_by_fabio("mini.cbf"), fields=PILATUS_FIELDS)
    whole = open("mini.cbf", "rb").read()
    write("mini.cbf.gz", gzip.compress(whole, mtime=0))
    write("mini.cbf.bz2", bz2.compress(whole))
    for end in ["gz", "bz2"]:
        expect(f"mini.cbf.{end}", read_by_fabio(f"mini.cbf.{end}"), fields=PILATUS_FIELDS)
    write("mini_cut.cbf", whole[:-260])
    CbfImage(data=counts()).write("fabio.cbf")
    expect("fabio.cbf", read_by_fabio("fabio.cbf"))
    wild = RANDOM.integers(-(1 << 31), (1 << 31) - 1, (9, 10)).astype("i4")
    by_cbflib("wild.cbf", wild, pycbf.CBF_BYTE_OFFSET)
    for name, compression in [("packed", pycbf.CBF_PACKED), ("packed_v2", pycbf.CBF_PACKED_V2),
                              ("byte_offset", pycbf.CBF_BYTE_OFFSET), ("plain", pycbf.CBF_NONE)]:
        # How CBFlib packs other types is written nowhere; they are refused.
        for dtype in ["i4"] if name.startswith("packed") else ["i4", "u4", "i2", "u2"]:
            data = counts(dtype="i4")
            data[data > 30000] = 30000
            if dtype[0] == "u":
                data = numpy.abs(data)
            by_cbflib(f"{name}_{dtype}.cbf", data.astype(dtype), compression)
    by_cbflib("packed_wild.cbf", (wild >> 3), pycbf.CBF_PACKED)
    by_cbflib("packed_u2.cbf", counts(dtype="u2"), pycbf.CBF_PACKED)
    del EXPECTED["packed_u2.cbf"]
    by_cbflib("packed_column.cbf", counts((20, 3)), pycbf.CBF_PACKED)


def smv():
    from fabio.dtrekimage import DtrekImage
    for name, dtype in [("short", "u2"), ("long", "u4"), ("signed", "i4"), ("float", "f4")]:
        for order in ["little_endian", "big_endian"]:
            name_of = f"{name}_{order[:3]}.img"
            header = {"BYTE_ORDER": order, "PIXEL_SIZE": "0.1026", "DISTANCE": "250.5", "WAVELENGTH": "0.9795",
                      "BEAM_CENTER_X": "157.5", "TIME": "0.5"}
            DtrekImage(data=image(dtype), header=header).write(name_of)
            fields = {"x_pixel_size": 0.1026e-3, "distance": 0.2505, "incident_wavelength": 0.9795e-10,
                      "beam_center_x": 0.1575, "count_time": 0.5}
            expect(name_of, read_by_fabio(name_of), fields=fields)
    adsc = "{\nHEADER_BYTES=512;\nDIM=2;\nBYTE_ORDER=little_endian;\nTYPE=unsigned_short;\nSIZE1=7;\nSIZE2=5;\n}\n\x0c\n"
    data = image("u2")
    write("adsc.img", adsc.ljust(512).encode() + data.astype("<u2").tobytes())
    expect("adsc.img", read_by_fabio("adsc.img"))


def marccd(name, data, order):
    """A MarCCD image, as its header structure says; fabio reads it back."""
    header = bytearray(3072)
    at = {"<": "little", ">": "big"}[order]
    def put(offset, value):
        header[offset:offset + 4] = int(value).to_bytes(4, at)
    header[4:7] = b"MMX"
    for offset, value in [
        (0, 2), (20, 1), (28, 1234), (32, 1234 if order == "<" else 4321), (80, data.shape[1]), (84, data.shape[0]),
        (88, data.dtype.itemsize), (104, 65535), (640, 200500), (644, 3250), (648, 2500), (656, 1500),
        (772, 79346), (776, 79346), (908, 97950)]:
        put(offset, value)
    header[1280:1292] = b"mar_0001.img"
    tags = [(256, data.shape[1]), (257, data.shape[0]), (258, 8 * data.dtype.itemsize), (259, 1), (262, 1),
            (273, 4096), (277, 1), (278, data.shape[0]), (279, data.nbytes)]
    magic = b"II*\0" if order == "<" else b"MM\0*"
    tiff = magic + struct.pack(order + "IH", 8, len(tags))
    for tag, value in tags:
        kind = 4 if tag in (273, 279) else 3
        packed = struct.pack(order + ("I" if kind == 4 else "HH"), *((value,) if kind == 4 else (value, 0)))
        tiff += struct.pack(order + "HHI", tag, kind, 1) + packed
    tiff += struct.pack(order + "I", 0)
    write(name, tiff.ljust(1024, b"\0") + bytes(header) + data.astype(data.dtype.newbyteorder(order)).tobytes())
    fields = {"distance": 0.2005, "beam_center_x": 3.25, "beam_center_y": 2.5, "count_time": 1.5,
              "x_pixel_size": 79346e-9, "incident_wavelength": 97950e-15, "saturation_value": 65535.0}
    read = read_by_fabio(name)
    assert (read[0] == data).all(), name
    expect(name, read, fields=fields)


if __name__ == "__main__":
    edf()
    cbf()
    smv()
    marccd("mar.mccd", image("u2"), "<")
    marccd("mar_big.mccd", image("u2"), ">")
    marccd("mar_long.mccd", image("u4"), "<")
    with open("expected.json", "w") as file:
        json.dump(EXPECTED, file, indent=0)
        file.write("\n")
