"""The files of benches/open.rs, and napari as a person who wrote ten lines opens them.

    python open.py make FOLDER FRAMES
    python open.py napari FILE DATASET

Counts are those of an Eiger 4M. A bright square stands on the left in even frames and on the right in odd ones, larger than
all else, so that the same pixels of any program tell which frame it shows, whatever its colours are.
"""

import pathlib
import sys

HEIGHT, WIDTH = 2162, 2068


def make(folder, frames):
    import h5py
    import hdf5plugin
    import numpy as np

    folder.mkdir(parents=True, exist_ok=True)
    done = folder / ("opened_%d" % frames)
    if done.exists():
        return
    rng = np.random.default_rng(4)
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    r = np.hypot(y - 1100, x - 1030)
    mean = 8 * np.exp(-r / 350) + 0.15
    mean += 3 * np.exp(-(((r - 500) / 12) ** 2)) + 1.5 * np.exp(-(((r - 800) / 15) ** 2))
    stack = np.empty((frames, HEIGHT, WIDTH), np.uint16)
    for index in range(frames):
        frame = rng.poisson(mean).astype(np.uint16)
        left = 250 if index % 2 == 0 else WIDTH - 250 - 600
        frame[780:1380, left : left + 600] = rng.poisson(100, (600, 600))
        stack[index] = frame
    compressed = {"chunks": (1, HEIGHT, WIDTH), **hdf5plugin.Bitshuffle(nelems=0, cname="lz4")}
    for name, options in {"open_bslz4.h5": compressed, "open_contiguous.h5": {}}.items():
        with h5py.File(folder / name, "w", libver="latest") as file:
            group = file.create_group("entry/data")
            group.parent.attrs.update(NX_class="NXentry", default="data")
            group.attrs.update(NX_class="NXdata", signal="data")
            data = group.create_dataset("data", data=stack, **options)
            data.attrs["interpretation"] = "image"
            file.attrs.update(NX_class="NXroot", default="entry")
    done.touch()


def napari_viewer(path, dataset):
    import h5py
    import hdf5plugin  # noqa: F401, registers the filters
    import napari

    file = h5py.File(path, "r")
    napari.imshow(file[dataset])
    napari.run()


if __name__ == "__main__":
    if sys.argv[1] == "make":
        make(pathlib.Path(sys.argv[2]), int(sys.argv[3]))
    else:
        napari_viewer(*sys.argv[2:])
