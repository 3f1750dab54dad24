"""Writes selections.h5, and selections.json with what h5py reads of its parts.

Run: pip install h5py numpy; python make_selections.py
Written with h5py 3.16 (libhdf5 2.0.0), numpy 2.4.

Datasets whose chunks are tiles of a frame, span several frames, or lie beside each other in one
row, and contiguous ones; their samples repeat, so that the file is small.
The rows of selections.json: dataset, start, count and step of a part, and the CRC-32 of its native
little-endian bytes.
"""

import json
import pathlib
import zlib

import h5py
import numpy as np

HERE = pathlib.Path(__file__).parent
RNG = np.random.default_rng(20261121)


def pattern(shape, dtype):
    frame, y, x = np.indices(shape)
    return ((frame * 7 + (y // 8) * 3 + (x // 4)) % 61).astype(dtype)


def write(f):
    packed = dict(compression="gzip", compression_opts=9, shuffle=True)
    f.create_dataset("tiles", data=pattern((3, 300, 420), "u2"), chunks=(1, 64, 100), **packed)
    f.create_dataset("spanning", data=pattern((20, 96, 128), ">u2"), chunks=(8, 96, 32), **packed)
    f.create_dataset("beside", data=pattern((2, 256, 1024), "u4"), chunks=(1, 256, 128), **packed)
    f.create_dataset("frames", data=pattern((6, 200, 250), "u4"), chunks=(1, 200, 250), **packed)
    d = f.create_dataset("holes", (9, 200, 200), "f4", chunks=(2, 50, 200), fillvalue=-2.5, **packed)
    d[1:4, 30:90] = pattern((3, 60, 200), "f4")
    d = f.create_dataset("bare", (4, 60, 80), "u2", chunks=(1, 60, 80))
    d[...] = pattern((4, 60, 80), "u2")


def some(size):
    start = int(RNG.integers(size))
    step = int(RNG.choice([1, 1, 1, 2, 3, 7, 70]))
    count = int(RNG.integers(1, (size - start - 1) // step + 2))
    return start, count, step


def main():
    path = HERE / "selections.h5"
    with h5py.File(path, "w", libver="v110") as f:
        write(f)
    rows = []
    with h5py.File(path) as f:
        for name, d in f.items():
            parts = [[(0, size, 1) for size in d.shape]]
            parts += [[(1, 1, 1)] + [(0, size, 1) for size in d.shape[1:]]]
            parts += [[some(size) for size in d.shape] for _ in range(30)]
            for part in parts:
                key = tuple(slice(start, start + (count - 1) * step + 1, step) for start, count, step in part)
                values = d[key]
                values = values.astype(values.dtype.newbyteorder("<"))
                start, count, step = (list(column) for column in zip(*part))
                assert list(values.shape) == count
                crc = zlib.crc32(values.tobytes())
                rows.append({"dataset": name, "start": start, "count": count, "step": step, "crc": crc})
    text = ",\n".join(json.dumps(row) for row in rows)
    (HERE / "selections.json").write_text("[\n" + text + "\n]\n")
    print(len(rows), "parts,", path.stat().st_size, "bytes")


main()
