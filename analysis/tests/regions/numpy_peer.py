"""The peer of regions.rs: shapes as masks of numpy, and profiles of silx.

    python numpy_peer.py FOLDER

Writes frame.u16 [61, 83], bad.u8, and for each shape of shapes.txt a line of statistics.txt:
count sum min max mean sigma x y; for each line of lines.txt (x0 y0 x1 y1 width) a line of
profiles.txt; radial.txt is the mean around (40.3, 31.7).
"""

import pathlib
import sys

import numpy as np
from silx.image.bilinear import BilinearImage

HEIGHT, WIDTH = 61, 83


def inside(name, n, x, y):
    if name in ("point", "cross"):
        column, row = x == np.round(n[0]), y == np.round(n[1])
        return column & row if name == "point" else column | row
    if name == "rectangle":
        return (x >= min(n[0], n[2])) & (x <= max(n[0], n[2])) & (y >= min(n[1], n[3])) & (y <= max(n[1], n[3]))
    if name == "horizontal":
        return (y >= min(n)) & (y <= max(n))
    if name == "vertical":
        return (x >= min(n)) & (x <= max(n))
    if name == "circle":
        return (x - n[0]) ** 2 + (y - n[1]) ** 2 <= n[2] ** 2
    if name == "ellipse":
        turn = np.exp(-1j * np.radians(n[4]))
        z = ((x - n[0]) + 1j * (y - n[1])) * turn
        return (z.real / n[2]) ** 2 + (z.imag / n[3]) ** 2 <= 1
    if name in ("line", "band"):
        along = np.array([n[2] - n[0], n[3] - n[1]])
        length = np.linalg.norm(along)
        along = along / length
        s = (x - n[0]) * along[0] + (y - n[1]) * along[1]
        t = np.abs((x - n[0]) * along[1] - (y - n[1]) * along[0])
        near = t <= n[4] / 2
        return near & (s >= 0) & (s <= length) if name == "line" else near
    if name == "arc":
        radius = np.hypot(x - n[0], y - n[1])
        angle = np.degrees(np.arctan2(y - n[1], x - n[0]))
        return (radius >= n[2]) & (radius <= n[3]) & ((angle - n[4]) % 360 <= (n[5] - n[4]) % 360)
    if name == "polygon":
        found = np.zeros(x.shape, bool)
        corners = np.reshape(n, (-1, 2))
        for (x0, y0), (x1, y1) in zip(corners, np.roll(corners, -1, axis=0)):
            if y0 != y1:
                found ^= ((y0 > y) != (y1 > y)) & (x < (x1 - x0) * (y - y0) / (y1 - y0) + x0)
        return found
    raise ValueError(name)


def main():
    folder = pathlib.Path(sys.argv[1])
    rng = np.random.default_rng(3)
    frame = rng.integers(0, 60000, (HEIGHT, WIDTH), dtype=np.uint16)
    bad = rng.random((HEIGHT, WIDTH)) < 0.1
    frame.tofile(folder / "frame.u16")
    bad.astype(np.uint8).tofile(folder / "bad.u8")
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH].astype(float)
    rows = []
    for line in (folder / "shapes.txt").read_text().splitlines():
        name, *numbers = line.split()
        picked = inside(name, [float(number) for number in numbers], x, y) & ~bad
        values = frame[picked].astype(np.uint64)
        mass = values.sum()
        rows.append(
            [values.size, mass, values.min(), values.max(), values.mean(), values.std()]
            + [(values * x[picked]).sum() / mass, (values * y[picked]).sum() / mass]
        )
    write(folder / "statistics.txt", rows)
    image = BilinearImage(frame.astype(np.float32))
    profiles = []
    for line in (folder / "lines.txt").read_text().splitlines():
        x0, y0, x1, y1, width = (float(number) for number in line.split())
        profiles.append(image.profile_line((y0, x0), (y1, x1), int(width), method="mean"))
    write(folder / "profiles.txt", profiles)
    away = np.hypot(x - 40.3, y - 31.7).astype(int)[~bad]
    total = np.bincount(away, frame[~bad].astype(float))
    write(folder / "radial.txt", [(total / np.bincount(away))[:20]])


def write(path, rows):
    path.write_text("".join(" ".join(repr(float(value)) for value in row) + "\n" for row in rows))


if __name__ == "__main__":
    main()
