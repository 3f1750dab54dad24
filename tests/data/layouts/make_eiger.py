"""Eiger masters as filewriter 1 writes them: links to data files of bitshuffle and LZ4 frames.

The names and attributes are those of the EIGER HDF5 file format of DECTRIS; one file is written by
fabio, which keeps its datasets in the master itself.
"""

import zlib

import fabio
import h5py
import hdf5plugin
import numpy as np

RNG = np.random.default_rng(20260402)
SHAPE = (8, 10)


def crc(array):
    array = np.ascontiguousarray(array)
    return zlib.crc32(array.astype(array.dtype.newbyteorder("<")).tobytes())


def frames(count):
    counts = RNG.poisson(3.0, size=(count, *SHAPE)).astype("u4")
    counts[:, 2, 3] = 2**32 - 1
    return counts


def data_file(path, counts, first=None):
    with h5py.File(path, "w") as f:
        f.create_group("entry").attrs["NX_class"] = np.bytes_("NXentry")
        f.create_group("entry/data").attrs["NX_class"] = np.bytes_("NXdata")
        data = f["entry/data"].create_dataset(
            "data", data=counts, chunks=(1, *SHAPE), maxshape=(None, *SHAPE),
            **hdf5plugin.Bitshuffle(cname="lz4"))
        if first is not None:
            data.attrs["image_nr_low"] = np.int32(first + 1)
            data.attrs["image_nr_high"] = np.int32(first + len(counts))


def master(path, links, group="entry/data", name="data_{:06}", nimages=None, ntrigger=None):
    with h5py.File(path, "w") as f:
        for where, kind in [("entry", "NXentry"), (group, "NXdata"),
                            ("entry/instrument", "NXinstrument"),
                            ("entry/instrument/detector", "NXdetector"),
                            ("entry/instrument/detector/detectorSpecific", "NXcollection")]:
            if where not in f:
                f.create_group(where).attrs["NX_class"] = np.bytes_(kind)
        for number, link in enumerate(links, 1):
            f[group][name.format(number)] = h5py.ExternalLink(link, "entry/data/data")
        detector = f["entry/instrument/detector"]
        detector["bit_depth_image"] = np.int32(32)
        specific = detector["detectorSpecific"]
        mask = np.zeros(SHAPE, "u4")
        mask[2, 3], mask[4, 5], mask[6, 7] = 1, 8, 1 << 31
        specific["pixel_mask"] = mask
        specific["countrate_correction_count_cutoff"] = np.uint32(12440)
        specific["x_pixels_in_detector"] = np.uint32(SHAPE[1])
        specific["y_pixels_in_detector"] = np.uint32(SHAPE[0])
        if nimages is not None:
            specific["nimages"] = np.uint32(nimages)
            specific["ntrigger"] = np.uint32(ntrigger)
    return mask


def write(folder):
    expected = {}
    # Two triggers of 5 images, 4 images in a file.
    counts = frames(10)
    names = [f"series_data_{number:06}.h5" for number in (1, 2, 3)]
    for index, name in enumerate(names):
        data_file(folder / name, counts[index * 4:index * 4 + 4], first=index * 4)
    mask = master(folder / "series_master.h5", names, nimages=5, ntrigger=2)
    expected["series"] = {
        "shape": list(counts.shape),
        "crc": crc(counts),
        "frames": [crc(frame) for frame in counts],
        "mask": crc(np.where(mask & 0xFFFF, mask & 0xFFFF, 0).astype("u4")),
    }
    # The same files as the first versions linked them.
    master(folder / "old_master.h5", names, group="entry", name="data_{:02}",
           nimages=10, ntrigger=1)
    # A file in the middle is shorter, nothing says so, and one image is promised.
    parts = [frames(4), frames(3), frames(4)]
    names = [f"uneven_data_{number:06}.h5" for number in (1, 2, 3)]
    for name, part in zip(names, parts):
        data_file(folder / name, part)
    master(folder / "uneven_master.h5", names, nimages=1, ntrigger=1)
    counts = np.concatenate(parts)
    expected["uneven"] = {"shape": list(counts.shape), "crc": crc(counts),
                          "frames": [crc(frame) for frame in counts]}
    # fabio's own writer: one dataset for each image list, in the master.
    counts = frames(3)
    image = fabio.eigerimage.EigerImage()
    image.dataset = [counts[:2], counts[2:]]
    image.write(str(folder / "fabio.h5"))
    read = fabio.open(str(folder / "fabio.h5"))
    seen = np.stack([read.getframe(index).data for index in range(read.nframes)])
    expected["fabio"] = {"shape": list(seen.shape), "crc": crc(seen.astype("u4"))}
    return expected
