"""Writes files that try to read others, or to fill the memory.

escape.h5 and bombs.h5 are for the reader alone. proposal/ is a folder as it lies on a disk, for the
policy of local files (tests/local_files.rs): collection.h5 leads to scans in other folders, evil.h5
to what it has no business with; the test puts victims, links, pipes and folders in place.

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


# What evil.h5 names: an absolute path, folders above the limit, links that lead out, a device, a pipe,
# a folder, a hidden file, addresses, and names that are too long.
TARGETS = {
    "absolute": "/etc/passwd",
    "above": "../../victim.h5",
    "through": "../beside/../../victim.h5",
    "linked": "out/victim.h5",
    "link": "out.h5",
    "chain": "out_again.h5",
    "device": "zero",
    "pipe": "pipe",
    "process": "/proc/self/environ",
    "folder": "scans",
    "hidden": ".secret/victim.h5",
    "address": "file:///etc/passwd",
    "share": "\\\\server\\share\\victim.h5",
    "home": "~/victim.h5",
    "long": "n" * 5000,
    "deep": "d/" * 2500 + "victim.h5",
    "dots": "../" * 1500 + "etc/passwd",
}


def proposal():
    here = pathlib.Path("proposal")
    for folder in ["visit/raw/scans/first/images", "visit/beside"]:
        (here / folder).mkdir(parents=True, exist_ok=True)
    raw = here / "visit/raw"
    with h5py.File(raw / "scans/first/images/camera.h5", "w") as f:
        f["data"] = np.arange(24, dtype="u2").reshape(2, 3, 4)
    (raw / "scans/first/images/dark.bin").write_bytes(bytes(range(12)))
    with h5py.File(here / "visit/beside/other.h5", "w") as f:
        f["data"] = np.arange(5)
    with h5py.File(raw / "scans/first/scan.h5", "w") as f:
        f["linked"] = h5py.ExternalLink("images/camera.h5", "/data")
        layout = h5py.VirtualLayout((2, 3, 4), "u2")
        layout[:] = h5py.VirtualSource("images/camera.h5", "data", (2, 3, 4))
        f.create_virtual_dataset("virtual", layout)
        f.create_dataset("raw", (12,), "u1", external=[("images/dark.bin", 0, 12)])
        f["escape"] = h5py.ExternalLink("../../../../victim.h5", "/data")
    with h5py.File(raw / "collection.h5", "w") as f:
        f["1.1"] = h5py.ExternalLink("scans/first/scan.h5", "/")
        f["beside"] = h5py.ExternalLink("../beside/other.h5", "/data")
    with h5py.File(here / "victim.h5", "w") as f:
        f["data"] = np.frombuffer(b"nobody may read this", "u1")
    with h5py.File(raw / "evil.h5", "w") as f:
        for name, target in TARGETS.items():
            f["link/" + name] = h5py.ExternalLink(target, "/data")
            f["through/" + name] = h5py.ExternalLink(target, "/")
            f.create_dataset("raw/" + name, (20,), "u1", external=[(target, 0, 20)])
            layout = h5py.VirtualLayout((20,), "u1")
            layout[:] = h5py.VirtualSource(target, "data", (20,))
            f.create_virtual_dataset("virtual/" + name, layout)


escape()
bombs()
proposal()
