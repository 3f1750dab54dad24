#!/usr/bin/env python3
"""Writes maps.h5 and expected.json: scans whose values lie in a plane, stacks of
spectra and of images over energies, and what h5py and numpy read from them.

Needs h5py and numpy. Run: python make.py
"""

import json
import os

import h5py
import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))


def nxdata(parent, name, signal, axes, **attributes):
    g = parent.create_group(name)
    g.attrs["NX_class"] = "NXdata"
    g.attrs["signal"] = signal
    g.attrs["axes"] = axes
    for key, value in attributes.items():
        g.attrs[key] = value
    return g


def field(g, name, values, units="", **options):
    d = g.create_dataset(name, data=values, **options)
    if units:
        d.attrs["units"] = units
    return d


def scatter(f):
    rng = np.random.default_rng(7)
    columns, rows = 9, 6
    index = np.arange(columns * rows)
    row, place = index // columns, index % columns
    for name, snake, count in (("lines", False, 54), ("snake", True, 50)):
        column = np.where(snake & (row % 2 == 1), columns - 1 - place, place)
        g = nxdata(f["entry"], name, "counts", ["x", "y"])
        field(g, "x", (1.0 + 0.5 * column)[:count], "mm")
        field(g, "y", (-2.0 + 0.5 * row)[:count], "mm")
        field(g, "counts", (100 * row + column).astype("u4")[:count])
    g = nxdata(f["entry"], "scattered", "counts", ["x", "y"])
    x, y = rng.uniform(0, 10, 300), rng.uniform(0, 5, 300)
    field(g, "x", x, "um")
    field(g, "y", y, "um")
    values = np.hypot(x - 5, y - 2.5)
    values[7] = np.nan
    field(g, "counts", values)
    g = nxdata(
        f["entry"], "bent", "image", ["y", "x"], y_indices=[0, 1], x_indices=[0, 1]
    )
    v, u = np.mgrid[0:8, 0:10].astype("f8")
    field(g, "x", u + 0.1 * v * v, "mm")
    field(g, "y", v + 0.3 * np.sin(u), "mm")
    field(g, "image", (10 * v + u).astype("f4"))


def peak(energy, centre, width=60.0):
    return np.exp(-0.5 * ((energy - centre) / width) ** 2)


def spectra(f):
    """Iron at the left, copper at the top, over a falling background."""
    energy = np.arange(256) * 50.0
    v, u = np.mgrid[0:5, 0:7]
    counts = 20.0 - energy / 1000.0
    counts = counts + 90.0 * (u < 3)[..., None] * peak(energy, 6404.0)
    counts = counts + 70.0 * (v < 2)[..., None] * peak(energy, 8048.0)
    counts = np.random.default_rng(3).poisson(counts).astype("u4")
    g = nxdata(f["entry"], "xrf", "counts", ["y", "x", "energy"])
    field(g, "counts", counts, chunks=(2, 3, 256), compression="gzip")
    g["counts"].attrs["interpretation"] = "spectrum"
    field(g, "y", np.arange(5) * 0.2, "mm")
    field(g, "x", np.arange(7) * 0.1, "mm")
    field(g, "energy", energy, "eV")
    return counts


def nexafs(f):
    """An absorber in the middle, whose edge is at 285 eV."""
    energy = np.linspace(280.0, 300.0, 41)
    v, u = np.mgrid[0:6, 0:8]
    inside = ((v - 2.5) ** 2 + (u - 3.5) ** 2 < 5).astype("f8")
    density = 0.2 + 0.8 / (1 + np.exp(-(energy - 285.0) / 0.3))
    counts = 1000.0 * np.exp(-inside[None] * density[:, None, None])
    g = nxdata(f["entry"], "stxm", "counts", ["energy", "y", "x"])
    field(g, "counts", counts)
    field(g, "energy", energy, "eV")
    field(g, "y", np.arange(6) * 0.5, "um")
    field(g, "x", np.arange(8) * 0.5, "um")
    return counts


def main():
    path = os.path.join(HERE, "maps.h5")
    with h5py.File(path, "w", libver="latest") as f:
        f.attrs["default"] = "entry"
        f.create_group("entry").attrs["NX_class"] = "NXentry"
        f["entry"].attrs["default"] = "lines"
        scatter(f)
        spectra(f)
        nexafs(f)
    with h5py.File(path) as f:
        xrf = f["entry/xrf/counts"][()].astype("f8")
        stxm = f["entry/stxm/counts"][()]
    iron = slice(122, 135)
    part = xrf[:, :, iron]
    # As PyMca has it: the mean of the first and the last channel, for each channel.
    background = 0.5 * (part[..., 0] + part[..., -1]) * part.shape[-1]
    with np.errstate(divide="ignore"):
        i0 = stxm[:, 0:2, 0:2].mean(axis=(1, 2))
        density = -np.log(stxm / i0[:, None, None])
    expected = {
        "xrf": {
            "channels": [iron.start, iron.stop - 1],
            "map": part.sum(axis=-1).ravel().tolist(),
            "net": (part.sum(axis=-1) - background).ravel().tolist(),
            "spectrum": xrf.sum(axis=(0, 1)).tolist(),
            "part": {"rows": [1, 3], "columns": [2, 6]},
            "part_mean": xrf[1:4, 2:7].mean(axis=(0, 1)).tolist(),
        },
        "stxm": {
            "map": stxm[10].ravel().tolist(),
            "i0": {"rows": [0, 1], "columns": [0, 1]},
            "density": density[30].ravel().tolist(),
            "spectrum": stxm.mean(axis=(1, 2)).tolist(),
        },
    }
    with open(os.path.join(HERE, "expected.json"), "w") as out:
        json.dump(expected, out)
        out.write("\n")


if __name__ == "__main__":
    main()
