#!/usr/bin/env python3
"""Write the Diamond pin scan (TIFF) as NXtomo, and the frame of a large one.

    python make_nxtomo.py SAVU_TIFF_FOLDER [OUTPUT_FOLDER]

Needs numpy, h5py and tifffile. SAVU_TIFF_FOLDER is `test_data/data/image_test/
tiffs` of DiamondLightSource/Savu (Apache-2.0 or GPL-3): raw_*.tiff, one
flat_00001.tiff, one dark_00001.tiff, and angles.txt beside them.

It writes three files into OUTPUT_FOLDER (default: the folder of this script):

diamond_pin.nxs         NXtomo, 93 frames: one dark, one flat, 91 projections.
diamond_pin.chunks.txt  where each frame's chunk lies: offset and length, one
                        line a frame, so that a program can inflate frames
                        without an HDF5 reader.
diamond_pin_large.head  what precedes the frames in a NXtomo file of 389
                        frames of 1080 x 1280 pixels, written by libhdf5; the
                        frames follow as plain little-endian uint16. The
                        embedded facility appends them (facility/src/data).
"""

import sys
import zlib
from pathlib import Path

import h5py
import numpy as np
import tifffile

DARK, FLAT, PROJECTION = 2, 1, 0
# Lines 11 to 101 of angles.txt belong to the projections; the stage stood at
# the first angle for the flat and the dark.
ANGLE_LINES = slice(10, 101)

# The large scan: every pixel becomes 8 x 8, three angles are put between two
# measured ones, and flat and dark are repeated until it fills 1 GiB.
SCALE = 8
STEPS = 4
LARGE_DARKS = 14
LARGE_FLATS = 14


def counts(image):
    """Counts as uint16; refuses to change a value."""
    stored = image.astype(np.uint16)
    if not np.array_equal(stored, image):
        sys.exit("the flat or the dark is not made of whole counts")
    return stored


def read_scan(folder):
    """Frames [n, y, x], image_key [n] and rotation_angle [n] in degrees."""
    projections = [tifffile.imread(path) for path in sorted(folder.glob("raw_*.tiff"))]
    dark = counts(tifffile.imread(folder / "dark_00001.tiff"))
    flat = counts(tifffile.imread(folder / "flat_00001.tiff"))
    angles = np.loadtxt(folder / "angles.txt")[ANGLE_LINES]
    assert len(angles) == len(projections) == 91
    frames = np.stack([dark, flat, *projections])
    image_key = np.array([DARK, FLAT] + [PROJECTION] * 91, np.int32)
    rotation_angle = np.concatenate([[angles[0]] * 2, angles])
    return frames, image_key, rotation_angle


def write_nxtomo(file, image_key, rotation_angle, make_data):
    """The NXtomo groups; `make_data(detector)` creates the frames, last."""

    def group(parent, name, nx_class, **attributes):
        node = parent.create_group(name)
        node.attrs["NX_class"] = nx_class
        node.attrs.update(attributes)
        return node

    file.attrs["default"] = "entry"
    file.attrs["NX_class"] = "NXroot"
    entry = group(file, "entry", "NXentry", default="data")
    entry["definition"] = "NXtomo"
    entry["title"] = "Dense pin in a cylinder"
    instrument = group(entry, "instrument", "NXinstrument")
    instrument["name"] = "Diamond Light Source"
    source = group(instrument, "source", "NXsource")
    source["name"] = "Diamond Light Source"
    source["probe"] = "x-ray"
    source["type"] = "Synchrotron X-ray Source"
    sample = group(entry, "sample", "NXsample")
    sample["name"] = "pin"
    sample["rotation_angle"] = rotation_angle
    sample["rotation_angle"].attrs["units"] = "deg"
    detector = group(instrument, "detector", "NXdetector")
    detector["image_key"] = image_key
    data = group(
        entry, "data", "NXdata",
        signal="data", axes=["rotation_angle", ".", "."],
        rotation_angle_indices=0,
    )
    data["rotation_angle"] = h5py.SoftLink("/entry/sample/rotation_angle")
    data["image_key"] = h5py.SoftLink("/entry/instrument/detector/image_key")
    data["data"] = h5py.SoftLink("/entry/instrument/detector/data")
    frames = make_data(detector)
    frames.attrs["units"] = "counts"
    frames.attrs["long_name"] = "counts"


def write_small(path, frames, image_key, rotation_angle):
    with h5py.File(path, "w", libver=("v108", "v108")) as file:
        write_nxtomo(file, image_key, rotation_angle, lambda detector: detector.create_dataset(
            "data", data=frames, chunks=(1, *frames.shape[1:]),
            compression="gzip", compression_opts=9, shuffle=True,
        ))
    with h5py.File(path) as file:
        chunks = file["entry/instrument/detector/data"].id
        lines = []
        raw = path.read_bytes()
        for index in range(len(frames)):
            info = chunks.get_chunk_info_by_coord((index, 0, 0))
            assert info.filter_mask == 0
            plain = zlib.decompress(raw[info.byte_offset:info.byte_offset + info.size])
            shuffled = np.frombuffer(plain, np.uint8).reshape(2, -1)
            assert np.array_equal(shuffled.T.copy().view(np.uint16).reshape(frames.shape[1:]), frames[index])
            lines.append(f"{info.byte_offset} {info.size}\n")
    path.with_suffix(".chunks.txt").write_text("".join(lines))


def write_large_head(path, frames, rotation_angle):
    projections = frames.shape[0] - 2
    count = (projections - 1) * STEPS + 1
    angles = np.interp(np.arange(count) / STEPS, np.arange(projections), rotation_angle[2:])
    angles = np.concatenate([[angles[0]] * (LARGE_DARKS + LARGE_FLATS), angles])
    image_key = np.array([DARK] * LARGE_DARKS + [FLAT] * LARGE_FLATS + [PROJECTION] * count, np.int32)
    shape = (len(image_key), frames.shape[1] * SCALE, frames.shape[2] * SCALE)
    size_bytes = int(np.prod(shape)) * 2

    def empty(detector):
        # Space is allocated and not written, so this file is sparse.
        plist = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        plist.set_alloc_time(h5py.h5d.ALLOC_TIME_EARLY)
        plist.set_fill_time(h5py.h5d.FILL_TIME_NEVER)
        plist.set_obj_track_times(False)
        space = h5py.h5s.create_simple(shape)
        return h5py.Dataset(h5py.h5d.create(detector.id, b"data", h5py.h5t.STD_U16LE, space, dcpl=plist))

    temporary = path.with_suffix(".tmp")
    # A threshold below the size of the frames puts them at an address that is
    # a multiple of 4096 and behind everything else.
    layout = dict(alignment_threshold=1 << 20, alignment_interval=4096, meta_block_size=64 * 1024)
    with h5py.File(temporary, "w", libver=("v108", "v108"), **layout) as file:
        file.attrs["made_by"] = "hutch facility, large scan 1: pixels repeated 8 x 8, angles interpolated 4 x"
        write_nxtomo(file, image_key, angles, empty)
        offset = file["entry/instrument/detector/data"].id.get_offset()
    with open(temporary, "rb") as file:
        head = file.read(offset)
        file.seek(offset + size_bytes)
        tail = file.read()
    temporary.unlink()
    assert not tail, f"{len(tail)} bytes of metadata follow the frames"
    path.write_bytes(head)
    print(f"{path.name}: {len(head)} bytes, then {shape} uint16, {offset + size_bytes} bytes in all")


def main():
    folder = Path(sys.argv[1])
    output = Path(sys.argv[2]) if len(sys.argv) > 2 else Path(__file__).parent
    frames, image_key, rotation_angle = read_scan(folder)
    write_small(output / "diamond_pin.nxs", frames, image_key, rotation_angle)
    write_large_head(output / "diamond_pin_large.head", frames, rotation_angle)


if __name__ == "__main__":
    main()
