#!/usr/bin/env python3
"""Writes lines.csv: energies of the strongest fluorescence lines and of absorption
edges in eV, by xraylib (T. Schoonjans et al. 2011, Spectrochim. Acta B 66, 776).

Needs xraylib (BSD-3-Clause). Run: python make_lines.py
"""

import os

import xraylib as x

HERE = os.path.dirname(os.path.abspath(__file__))
LINES = [x.KL3_LINE, x.KM3_LINE, x.L3M5_LINE, x.L2M4_LINE]
EDGES = [x.K_SHELL, x.L3_SHELL]


def energy(function, element, which):
    try:
        return f"{1000 * function(element, which):.1f}"
    except ValueError:
        return ""


with open(os.path.join(HERE, "lines.csv"), "w") as out:
    out.write("element,K alpha,K beta,L alpha,L beta,K edge,L3 edge\n")
    for z in range(4, 93):
        parts = [energy(x.LineEnergy, z, line) for line in LINES]
        parts += [energy(x.EdgeEnergy, z, edge) for edge in EDGES]
        out.write(",".join([x.AtomicNumberToSymbol(z), *parts]) + "\n")
