"""h5py over fsspec against the same server: the same steps, the same table.

    python peer.py URL [--small]
"""

import json
import sys
import time
import urllib.request

import fsspec
import h5py
import hdf5plugin  # noqa: F401

url = sys.argv[1]
small = "--small" in sys.argv
WAYS = [
    ("readahead 5 MiB (default)", {}),
    ("blockcache 1 MiB", dict(block_size=1 << 20, cache_type="blockcache", cache_options={"maxblocks": 64})),
    ("background 1 MiB", dict(block_size=1 << 20, cache_type="background")),
]


def stat():
    return json.load(urllib.request.urlopen(url + "/_stat"))


class Step:
    def __init__(self, name, frames=0):
        self.name, self.frames = name, frames

    def __enter__(self):
        stat()
        self.wall, self.cpu = time.perf_counter(), time.process_time()

    def __exit__(self, *_):
        wall, cpu = time.perf_counter() - self.wall, time.process_time() - self.cpu
        seen = stat()
        rate = f"{self.frames / wall:8.1f}" if self.frames else " " * 8
        print(
            f"  {self.name:44} {seen['requests']:5} {seen['rounds']:4} {seen['bytes'] / 1e6:9.2f}"
            f" {wall:8.3f} {cpu:8.3f} {rate}",
            flush=True,
        )


def opened(name, options):
    return h5py.File(fsspec.open(f"{url}/{name}", "rb", **options).open(), "r")


def walk(file, seconds):
    count, begun = 0, time.perf_counter()

    def visit(_, item):
        nonlocal count
        count += 1
        for name in item.attrs:
            try:
                item.attrs[name]
            except Exception:
                pass
        return True if time.perf_counter() - begun > seconds else None

    file.visititems(visit)
    return count


for way, options in WAYS[: 1 if small else None]:
    print(f"h5py {h5py.__version__} over fsspec {fsspec.__version__}, {way}")
    for name in ("tree_earliest.h5", "tree_latest.h5"):
        with Step(f"{name}: open, list the root"):
            file = opened(name, options)
            kinds = [type(file[entry]).__name__ for entry in file]
        assert len(kinds) == 500
        with Step(f"{name}: walk, at most 20 s"):
            walk(file, 20)
    for name in ("eiger_u32.h5", "eiger_u16.h5"):
        with Step(f"{name}: first frame"):
            file = opened(name, options)
            data = file["entry/data/data"]
            data[0]
        with Step(f"{name}: next 10 frames", 10):
            for index in range(1, 11):
                data[index]
        with Step(f"{name}: 5 random frames", 5):
            for share in (0.75, 0.1, 0.5, 0.9, 0.3):
                data[int(share * len(data))]
    with Step("tomo_sparse.h5 (1 TB): first frame"):
        data = opened("tomo_sparse.h5", options)["entry/data/data"]
        data[len(data) // 2]
    if not small:
        with Step("tomo_sparse.h5 (1 TB): a sinogram of 20 rows"):
            data[0:20, 1024]
