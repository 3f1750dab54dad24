#!/usr/bin/env python3
"""Writes grains.h5: fluorescence of grains of three elements, as a stack of spectra [y, x, energy].

Needs h5py and numpy. Run: python make_grains.py
"""

import os

import h5py
import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
HEIGHT, WIDTH, CHANNELS = 40, 52, 200
# Energies of K alpha and K beta in eV, and how many counts a grain has at most.
LINES = {"Fe": (6403.8, 7058.0, 26.0), "Cu": (8047.8, 8905.3, 30.0), "Zn": (8638.9, 9572.0, 24.0)}


def peak(energy, centre, width=65.0):
    return np.exp(-0.5 * ((energy - centre) / width) ** 2)


def grains(random, count):
    """Round grains at random places, brighter in their middle."""
    v, u = np.mgrid[0:HEIGHT, 0:WIDTH]
    amount = np.zeros((HEIGHT, WIDTH))
    for _ in range(count):
        y, x, radius = random.uniform(0, HEIGHT), random.uniform(0, WIDTH), random.uniform(2.5, 6.5)
        amount = np.maximum(amount, np.clip(1 - ((v - y) ** 2 + (u - x) ** 2) / radius**2, 0, 1) ** 0.5)
    return amount


def main():
    random = np.random.default_rng(21)
    energy = 50.0 + 50.0 * np.arange(CHANNELS)
    mean = np.full((HEIGHT, WIDTH, CHANNELS), 0.05) + 0.25 * peak(energy, 9900.0, 300.0)
    for alpha, beta, counts in LINES.values():
        line = counts * (peak(energy, alpha) + 0.14 * peak(energy, beta))
        mean += 0.3 * grains(random, 9)[..., None] * line
    counts = random.poisson(mean).astype("u2")
    with h5py.File(os.path.join(HERE, "grains.h5"), "w", libver="latest") as f:
        f.attrs["default"] = "entry"
        entry = f.create_group("entry")
        entry.attrs.update({"NX_class": "NXentry", "default": "xrf"})
        g = entry.create_group("xrf")
        g.attrs.update({"NX_class": "NXdata", "signal": "counts", "axes": ["y", "x", "energy"]})
        d = g.create_dataset("counts", data=counts, chunks=(8, WIDTH, CHANNELS), compression="gzip", shuffle=True)
        d.attrs["interpretation"] = "spectrum"
        for name, values, units in (
            ("y", np.arange(HEIGHT) * 0.5, "um"),
            ("x", np.arange(WIDTH) * 0.5, "um"),
            ("energy", energy, "eV"),
        ):
            g[name] = values
            g[name].attrs["units"] = units


if __name__ == "__main__":
    main()
