"""Writes src/colormaps.bin: the colour maps of Hutch, 256 RGB triplets each, in the order of NAMES.

The order must match `NAMES` in src/colormap.rs. Run with matplotlib 3.9 or later:

    python viewers/render/tools/colormaps.py

Sources and licences: viridis, inferno, magma, plasma (van der Walt and Smith, CC0), cividis (Nunez,
Anderton and Renslow 2018), turbo (Mikhailov, Google, Apache-2.0), twilight (Bechtold, CC0),
coolwarm (Moreland 2009), gray (a ramp).
"""

from pathlib import Path

import matplotlib
import numpy as np

NAMES = ["gray", "viridis", "inferno", "magma", "plasma", "cividis", "turbo", "twilight", "coolwarm"]


def main() -> None:
    steps = np.arange(256)
    # Matplotlib's own gray repeats one level and leaves out another.
    ramp = np.repeat(steps[:, None], 3, axis=1)
    tables = [ramp if name == "gray" else matplotlib.colormaps[name](steps, bytes=True)[:, :3] for name in NAMES]
    target = Path(__file__).resolve().parent.parent / "src" / "colormaps.bin"
    target.write_bytes(np.concatenate(tables).astype(np.uint8).tobytes())


if __name__ == "__main__":
    main()
