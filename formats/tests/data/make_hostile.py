"""Writes escape.h5 and bombs.h5: files that try to read others, or to fill the memory.

Run: pip install h5py numpy; python make_hostile.py
Written with h5py 3.16 (libhdf5 2.0.0), numpy 2.4.
"""

import os
import pathlib
import zlib

import h5py
import numpy as np

os.chdir(pathlib.Path(__file__).parent)


def escape():
    with h5py.File("escape.h5", "w") as f:
        f["safe"] = np.arange(3)
        f["link_absolute"] = h5py.ExternalLink("/tmp/hutch-victim.h5", "/data")
        f["link_up"] = h5py.ExternalLink("../../hutch-victim.h5", "/data")
        f["group/through"] = h5py.ExternalLink("/tmp/hutch-victim.h5", "/")
        f["link_url"] = h5py.ExternalLink("file:///tmp/hutch-victim.h5", "/data")
        for name, file in [("raw_absolute", "/tmp/hutch-victim.bin"), ("raw_up", "../hutch-victim.bin")]:
            f.create_dataset(name, (64,), "u1", external=[(file, 0, 64)])
        for name, file in [("vds_absolute", "/tmp/hutch-victim.h5"), ("vds_up", "../hutch-victim.h5")]:
            layout = h5py.VirtualLayout(shape=(4,), dtype="u1")
            layout[:] = h5py.VirtualSource(file, "data", shape=(4,))
            f.create_virtual_dataset(name, layout)


def bombs():
    with h5py.File("bombs.h5", "w", libver="v110") as f:
        once = zlib.compress(bytes(1 << 29), 9)
        for name, stored, filters in [("twice", zlib.compress(once, 9), 2), ("lies", b"x" * 100, 1)]:
            plist = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
            plist.set_chunk((1 << 29,))
            for _ in range(filters):
                plist.set_filter(h5py.h5z.FILTER_DEFLATE, 0, (9,))
            d = h5py.h5d.create(f.id, name.encode(), h5py.h5t.STD_U8LE, h5py.h5s.create_simple((1 << 29,)), plist)
            d.write_direct_chunk((0,), stored)
        f.create_dataset("flat", (1 << 60,), "u1", chunks=(1 << 20,))
        f.create_dataset("wide", (1 << 40, 1 << 20), "f8", chunks=(1, 1 << 10))
        f.create_dataset("many", (1 << 40,), "u1", chunks=(1,))


escape()
bombs()
