"""Writes files with 10^7 chunks in a dataset, or 10^6 links in a group, for tests/large.rs.

Usage: python make_large.py FOLDER [CHUNKS [LINKS]]; h5py 3.16. About 2 GB and some minutes.

Chunks are allocated when their dataset is created, which is the fastest way to have so many.
"""

import pathlib
import sys

import h5py

folder = pathlib.Path(sys.argv[1])
chunks = int(sys.argv[2]) if len(sys.argv) > 2 else 10**7
links = int(sys.argv[3]) if len(sys.argv) > 3 else 10**6
folder.mkdir(parents=True, exist_ok=True)


def chunked(name, version, growing, filtered):
    with h5py.File(folder / name, "w", libver=(version, "latest")) as f:
        plist = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        plist.set_chunk((8,))
        plist.set_alloc_time(h5py.h5d.ALLOC_TIME_EARLY)
        if filtered:
            plist.set_fletcher32()
        limit = h5py.h5s.UNLIMITED if growing else 8 * chunks
        space = h5py.h5s.create_simple((8 * chunks,), (limit,))
        h5py.h5d.create(f.id, b"data", h5py.h5t.STD_U8LE, space, plist)


# Groups of the earliest format take hours for so many.
def named(name, version):
    with h5py.File(folder / name, "w", libver=(version, "latest")) as f:
        f["data"] = 1
        group = f.create_group("g")
        for n in range(links):
            group.id.links.create_soft(b"name_%07d" % n, b"/data")


named("links.h5", "latest")
chunked("chunks_fixed.h5", "latest", False, True)
chunked("chunks_extensible.h5", "latest", True, False)
chunked("chunks_btree.h5", "earliest", False, False)
