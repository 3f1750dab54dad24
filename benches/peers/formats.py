"""The peers of benches/formats.rs: writes the files to read, and times how Python reads them.

    python formats.py make FOLDER FRAMES
    python formats.py time FILE DATASET CONTENDER FRAMES THREADS

`time` prints one JSON object with CPU and wall milliseconds of one frame and the CRC-32 of frame 1.
"""

import concurrent.futures
import json
import os
import pathlib
import resource
import sys
import time
import zlib

import h5py
import hdf5plugin
import numpy as np

HEIGHT, WIDTH = 2162, 2068


def eiger(path, dtype, frames, **options):
    """Frames [n, y, x] like those of an Eiger 4M: rings, spots, gaps of the largest value."""
    rng = np.random.default_rng(1)
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    r = np.hypot(y - 1100, x - 1030)
    mean = 8 * np.exp(-r / 350) + 0.15
    mean += 3 * np.exp(-(((r - 500) / 12) ** 2)) + 1.5 * np.exp(-(((r - 800) / 15) ** 2))
    gaps = np.zeros((HEIGHT, WIDTH), bool)
    for row in (512, 1062, 1612):
        gaps[row : row + 38] = True
    gaps[:, 1028:1040] = True
    base = []
    for _ in range(8):
        frame = rng.poisson(mean).astype(dtype)
        for _ in range(40):
            row, column = rng.integers(10, HEIGHT - 10), rng.integers(10, WIDTH - 10)
            frame[row - 2 : row + 3, column - 2 : column + 3] += dtype(rng.integers(20, 800))
        frame[gaps] = np.iinfo(dtype).max
        base.append(frame)
    with h5py.File(path, "w", **options) as file:
        group = file.create_group("entry/data")
        data = group.create_dataset(
            "data",
            (frames, HEIGHT, WIDTH),
            dtype,
            chunks=(1, HEIGHT, WIDTH),
            maxshape=(None, HEIGHT, WIDTH),
            **hdf5plugin.Bitshuffle(nelems=0, cname="lz4"),
        )
        for index in range(frames):
            frame = np.roll(base[index % 8], (index // 8) * 3, axis=1)
            frame[0, 0] = index
            data[index] = frame


def tomography(folder, frames):
    rng = np.random.default_rng(2)
    y, x = np.mgrid[0:2048, 0:2048]
    mean = (20000 + 15000 * np.exp(-(((x - 1024) / 500.0) ** 2))).astype(np.float32)
    base = [rng.poisson(mean * np.float32(1 - 0.05 * k)).astype(np.uint16) for k in range(4)]
    for name, options in {
        "tomo_contiguous.h5": {},
        "tomo_deflate.h5": {"chunks": (1, 2048, 2048), "compression": "gzip", "compression_opts": 1, "shuffle": True},
    }.items():
        with h5py.File(folder / name, "w") as file:
            data = file.create_dataset("entry/data/data", (frames, 2048, 2048), np.uint16, **options)
            for index in range(frames):
                frame = base[index % 4].copy()
                frame[0, 0] = index
                data[index] = frame


def make(folder, frames):
    folder.mkdir(parents=True, exist_ok=True)
    done = folder / ("made_%d" % frames)
    if done.exists():
        return
    eiger(folder / "eiger_u32.h5", np.uint32, frames)
    eiger(folder / "eiger_u16.h5", np.uint16, frames, libver="latest")
    tomography(folder, min(frames, 40))
    done.touch()


def contender(name, dataset):
    """A function that reads frame `index` into an array that is used again."""
    shape, dtype = dataset.shape[1:], dataset.dtype
    if name == "h5py read_direct":
        out = np.empty((1,) + shape, dtype)

        def read(index):
            dataset.read_direct(out, np.s_[index : index + 1])
            return out

        return read
    if name == "h5py d[i]":
        return lambda index: dataset[index]
    if name == "dectris-compression":
        from dectris.compression import decompress

        def read(index):
            _, chunk = dataset.id.read_direct_chunk((index, 0, 0))
            return np.frombuffer(decompress(chunk, "bslz4", elem_size=dtype.itemsize), dtype)

        return read
    if name == "bitshuffle":
        import bitshuffle

        def read(index):
            _, chunk = dataset.id.read_direct_chunk((index, 0, 0))
            block = int.from_bytes(chunk[8:12], "big") // dtype.itemsize
            data = np.frombuffer(chunk, np.uint8)[12:]
            return bitshuffle.decompress_lz4(data, shape, dtype, block)

        return read
    sys.exit("no contender " + name)


def measure(path, name, dataset_path, frames, threads):
    with h5py.File(path, "r", locking=False) as file:
        dataset = file[dataset_path]
        readers = [contender(name, dataset) for _ in range(threads)]
        crc = zlib.crc32(np.ascontiguousarray(readers[0](1)).tobytes())
        jobs = [list(range(thread, frames, threads)) for thread in range(threads)]

        def work(thread):
            for index in jobs[thread]:
                readers[thread](index % dataset.shape[0])

        before, start = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
        with concurrent.futures.ThreadPoolExecutor(threads) as pool:
            list(pool.map(work, range(threads)))
        wall = time.perf_counter() - start
        after = resource.getrusage(resource.RUSAGE_SELF)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(json.dumps({"cpu_ms": cpu / frames * 1e3, "wall_ms": wall / frames * 1e3, "crc": crc}))


def main():
    if sys.argv[1] == "make":
        make(pathlib.Path(sys.argv[2]), int(sys.argv[3]))
    else:
        _, _, path, dataset, name, frames, threads = sys.argv
        measure(path, name, dataset, int(frames), int(threads))
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
