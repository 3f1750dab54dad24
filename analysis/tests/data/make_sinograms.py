"""Writes the small sinograms that the tests of the rotation axis use.

    python make_sinograms.py TOOTH.h5 SAVU_TIFF_FOLDER

tooth_counts.f32: one row of every frame of tooth.h5, little-endian binary32:
181 projections, 10 flat fields, 10 dark fields, 640 pixels each.
pin_counts.f32: row 67 of the pin scan: 91 projections, one flat, one dark,
160 pixels each. See README.md for their origin. Needs numpy, h5py, tifffile.
"""

import pathlib
import sys

import h5py
import numpy
import tifffile

here = pathlib.Path(__file__).parent

with h5py.File(sys.argv[1]) as file:
    frames = [file["exchange"][name][:, 0, :] for name in ("data", "data_white", "data_dark")]
numpy.concatenate(frames).astype("<f4").tofile(here / "tooth_counts.f32")

folder = pathlib.Path(sys.argv[2])
names = [f"raw_{index:05}.tiff" for index in range(91)] + ["flat_00001.tiff", "dark_00001.tiff"]
rows = [tifffile.imread(folder / name)[67] for name in names]
numpy.stack(rows).astype("<f4").tofile(here / "pin_counts.f32")
