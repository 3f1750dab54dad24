"""Writes src/colormaps.bin: the colour maps of Hutch, 256 RGB triplets each, in the order of NAMES.

The order must match `MAPS` in src/colormap/list.rs, which names the author and the licence of each. Run with
matplotlib 3.9 and cmcrameri 1.9 or later:

    python viewers/render/tools/colormaps.py

Sources and licences: viridis, inferno, magma, plasma (van der Walt and Smith, CC0), cividis (Nunez,
Anderton and Renslow 2018), turbo (Mikhailov, Google, Apache-2.0), twilight (Bechtold, CC0),
coolwarm (Moreland 2009), Blues to PuOr (Cynthia Brewer, Pennsylvania State University, Apache-2.0),
batlow to romaO (Fabio Crameri, MIT), the others (matplotlib and its contributors, BSD-compatible), gray (a ramp).
"""

from pathlib import Path

import cmcrameri.cm as crameri
import matplotlib
import numpy as np

NAMES = [
    "gray", "viridis", "inferno", "magma", "plasma", "cividis", "turbo", "twilight", "coolwarm",
    "batlow", "lajolla", "oslo", "davos", "bilbao",
    "hot", "afmhot", "bone", "cubehelix", "gnuplot2", "CMRmap", "jet",
    "Blues", "Greens", "Oranges", "Purples", "YlGnBu", "YlOrRd",
    "RdBu", "PiYG", "PuOr", "vik", "berlin", "seismic",
    "romaO", "vikO", "hsv",
]
CRAMERI = {"batlow", "lajolla", "oslo", "davos", "bilbao", "vik", "berlin", "romaO", "vikO"}


def table(name: str) -> np.ndarray:
    steps = np.arange(256)
    if name == "gray":
        # Matplotlib's own gray repeats one level and leaves out another.
        return np.repeat(steps[:, None], 3, axis=1)
    source = getattr(crameri, name) if name in CRAMERI else matplotlib.colormaps[name]
    return source(steps / 255.0, bytes=True)[:, :3] if source.N != 256 else source(steps, bytes=True)[:, :3]


def main() -> None:
    target = Path(__file__).resolve().parent.parent / "src" / "colormaps.bin"
    target.write_bytes(np.concatenate([table(name) for name in NAMES]).astype(np.uint8).tobytes())


if __name__ == "__main__":
    main()
