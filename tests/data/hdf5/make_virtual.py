"""Writes virtual datasets with every kind of mapping, their sources, and virtual/expected.json.

Run: pip install h5py numpy; python make_virtual.py
Written with h5py 3.16 (libhdf5 2.0.0), numpy 2.4.

The rows of expected.json: for each master file, each virtual dataset with the shape that libhdf5
finds (which may differ from the stored one), the CRC-32 of all elements, and that of a strided slab.
"""

import json
import os
import pathlib
import zlib

import h5py
import numpy as np

HERE = pathlib.Path(__file__).parent / "virtual"
UNLIMITED = h5py.h5s.UNLIMITED


def sources():
    for i in range(4):
        if i == 3:
            continue  # absent: of the numbered mappings only 0 to 2 and 4 exist
        with h5py.File(f"part_{i}.h5", "w") as f:
            f["data"] = np.arange(60, dtype="i4").reshape(3, 4, 5) + 1000 * i
            f["row"] = np.arange(5, dtype="i4") + 10 * i
    with h5py.File("part_4.h5", "w") as f:
        f["data"] = np.arange(60, dtype="i4").reshape(3, 4, 5) + 4000
    with h5py.File("grow_a.h5", "w") as f:
        f.create_dataset("data", data=np.arange(7 * 6, dtype="i4").reshape(7, 6), maxshape=(None, 6), chunks=(2, 6))
        f["a_name_that_is_long"] = np.arange(6, dtype="i4") + 77
    with h5py.File("grow_b.h5", "w") as f:
        f.create_dataset("data", data=np.arange(5 * 6, dtype="i4").reshape(5, 6) + 500, maxshape=(None, 6), chunks=(2, 6))
    with h5py.File("100%.h5", "w") as f:
        f["a%b"] = np.arange(5, dtype="i4")


def space(shape, *slabs, maximum=None):
    """A dataspace with the union of hyperslabs (start, count, stride, block) selected."""
    result = h5py.h5s.create_simple(shape, maximum or shape)
    for n, (start, count, stride, block) in enumerate(slabs):
        result.select_hyperslab(start, count, stride, block, op=h5py.h5s.SELECT_OR if n else h5py.h5s.SELECT_SET)
    return result


def low(f, name, shape, mappings, maximum=None, fill=-7):
    plist = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    plist.set_layout(h5py.h5d.VIRTUAL)
    plist.set_fill_value(np.array(fill, "i4"))
    for target, file, dataset, source in mappings:
        plist.set_virtual(target, file.encode(), dataset.encode(), source)
    h5py.h5d.create(f.id, name.encode(), h5py.h5t.STD_I32LE, h5py.h5s.create_simple(shape, maximum or shape), plist)


def master(f):
    f["here"] = np.arange(12, dtype="i4")
    layout = h5py.VirtualLayout(shape=(5, 3, 4, 5), dtype="i4")
    for i in range(5):
        layout[i] = h5py.VirtualSource(f"part_{i}.h5", "data", shape=(3, 4, 5))
    f.create_virtual_dataset("stack", layout, fillvalue=-1)
    layout = h5py.VirtualLayout(shape=(15, 4, 5), dtype="i4")
    for i in range(5):
        layout[i::5] = h5py.VirtualSource(f"part_{i}.h5", "data", shape=(3, 4, 5))
    f.create_virtual_dataset("interleaved", layout, fillvalue=-2)
    layout = h5py.VirtualLayout(shape=(6, 10), dtype="i4")
    layout[0:3, 0:5] = h5py.VirtualSource("part_0.h5", "data", shape=(3, 4, 5))[:, 1, :]
    layout[3:6, 2:4] = h5py.VirtualSource("part_1.h5", "data", shape=(3, 4, 5))[:, 2, 1:5:2]
    layout[1:3, 4:9:2] = h5py.VirtualSource("part_2.h5", "data", shape=(3, 4, 5))[0, 1:4:2, 0:3]
    layout[5, 4:10] = h5py.VirtualSource(".", "here", shape=(12,))[0:12:2]
    f.create_virtual_dataset("patches", layout, fillvalue=9)
    layout = h5py.VirtualLayout(shape=(12,), dtype="i4")
    layout[:] = h5py.VirtualSource("part_0.h5", "data", shape=(3, 4, 5))[:, :, 3]
    f.create_virtual_dataset("flattened", layout)
    layout = h5py.VirtualLayout(shape=(2, 5), dtype="i4")
    layout[0] = h5py.VirtualSource("100%%.h5", "a%%b", shape=(5,))
    f.create_virtual_dataset("percent", layout)
    # Blocks on both sides, of different sizes.
    low(f, "blocks", (20,), [(space((20,), ((1,), (4,), (5,), (3,))), ".", "here", space((12,), ((0,), (2,), (6,), (6,))))])
    low(f, "blocks_2d", (10, 9), [
        (space((10, 9), ((0, 1), (2, 2), (5, 4), (2, 3))), "part_2.h5", "data", space((3, 4, 5), ((0, 0, 0), (3, 2, 1), (1, 2, 1), (1, 1, 4)))),
    ])
    # Boxes that are no pattern.
    boxes = space((6, 6), ((0, 0), (1, 1), (1, 1), (2, 3)), ((1, 2), (1, 1), (1, 1), (3, 2)), ((5, 5), (1, 1), (1, 1), (1, 1)))
    low(f, "boxes", (6, 6), [(boxes, ".", "here", space((12,), ((0,), (1,), (1,), (boxes.get_select_npoints(),))))])
    low(f, "from_boxes", (boxes.get_select_npoints(),), [
        (space((boxes.get_select_npoints(),), ((0,), (boxes.get_select_npoints(),), (1,), (1,))), "grow_a.h5", "data",
         space((7, 6), ((0, 0), (1, 1), (1, 1), (2, 3)), ((1, 2), (1, 1), (1, 1), (3, 2)), ((5, 5), (1, 1), (1, 1), (1, 1))))])
    # Mappings that lie over each other: the later one is seen. They cover all, since libhdf5 counts
    # elements twice and then leaves the rest without fill value.
    low(f, "overlap", (7,), [
        (space((7,), ((0,), (6,), (1,), (1,))), ".", "here", space((12,), ((0,), (6,), (1,), (1,)))),
        (space((7,), ((2,), (3,), (2,), (1,))), ".", "here", space((12,), ((9,), (3,), (1,), (1,))))])
    # No end: the source grew since.
    low(f, "open", (2, 6), [(space((2, 6), ((0, 0), (UNLIMITED, 1), (1, 1), (1, 6)), maximum=(UNLIMITED, 6)), "grow_a.h5", "data",
                             space((1, 6), ((0, 0), (UNLIMITED, 1), (1, 1), (1, 6)), maximum=(UNLIMITED, 6)))], (UNLIMITED, 6))
    low(f, "open_interleaved", (4, 6), [
        (space((4, 6), ((n, 0), (UNLIMITED, 1), (2, 1), (1, 6)), maximum=(UNLIMITED, 6)), name, "data",
         space((1, 6), ((0, 0), (UNLIMITED, 1), (1, 1), (1, 6)), maximum=(UNLIMITED, 6)))
        for n, name in enumerate(["grow_a.h5", "grow_b.h5"])], (UNLIMITED, 6))
    low(f, "open_block", (1, 6), [
        (space((1, 6), ((3, 0), (1, 1), (1, 1), (UNLIMITED, 6)), maximum=(UNLIMITED, 6)), "grow_b.h5", "data",
         space((1, 6), ((1, 0), (1, 1), (1, 1), (UNLIMITED, 6)), maximum=(UNLIMITED, 6)))], (UNLIMITED, 6))
    low(f, "open_blocks", (1, 6), [
        (space((1, 6), ((1, 0), (UNLIMITED, 1), (5, 1), (3, 6)), maximum=(UNLIMITED, 6)), "grow_a.h5", "data",
         space((1, 6), ((0, 0), (UNLIMITED, 1), (1, 1), (1, 6)), maximum=(UNLIMITED, 6)))], (UNLIMITED, 6))
    # No end of the second axis: rows and columns change places in no way.
    low(f, "open_second", (6, 3), [
        (space((6, 3), ((0, 1), (1, UNLIMITED), (1, 1), (6, 1)), maximum=(6, UNLIMITED)), "grow_t.h5", "data",
         space((6, 1), ((0, 0), (1, UNLIMITED), (1, 1), (6, 1)), maximum=(6, UNLIMITED)))], (6, UNLIMITED))
    # Numbered: part_3.h5 is absent, part_4.h5 does not count.
    low(f, "numbered", (1, 4, 5), [
        (space((1, 4, 5), ((0, 0, 0), (UNLIMITED, 1, 1), (3, 1, 1), (3, 4, 5)), maximum=(UNLIMITED, 4, 5)), "part_%b.h5", "data",
         space((3, 4, 5), ((0, 0, 0), (1, 1, 1), (1, 1, 1), (3, 4, 5))))], (UNLIMITED, 4, 5))
    low(f, "numbered_apart", (1, 5), [
        (space((1, 5), ((1, 0), (UNLIMITED, 1), (2, 1), (1, 5)), maximum=(UNLIMITED, 5)), "part_%b.h5", "row",
         space((5,), ((0,), (1,), (1,), (5,))))], (UNLIMITED, 5))
    # A part that has an end keeps the shape at least that large.
    low(f, "mixed", (12, 6), [
        (space((12, 6), ((11, 0), (1, 1), (1, 1), (1, 6)), maximum=(UNLIMITED, 6)), ".", "here", space((12,), ((0,), (6,), (1,), (1,)))),
        (space((12, 6), ((0, 0), (UNLIMITED, 1), (1, 1), (1, 6)), maximum=(UNLIMITED, 6)), "grow_b.h5", "data",
         space((1, 6), ((0, 0), (UNLIMITED, 1), (1, 1), (1, 6)), maximum=(UNLIMITED, 6)))], (UNLIMITED, 6))
    low(f, "shared_names", (3, 6), [
        (space((3, 6), ((n, 0), (1, 1), (1, 1), (1, 6))), "grow_a.h5", "a_name_that_is_long", space((6,), ((0,), (6,), (1,), (1,)))) for n in range(3)])
    low(f, "nothing", (3,), [])


def row(d):
    data = np.ascontiguousarray(d[()]).astype("<i4")
    selection = tuple(slice(n // 3, n, 2) for n in data.shape)
    backwards = tuple(slice(n // 4, n, 3) for n in data.shape)
    # libhdf5 itself must agree with the slab of the whole.
    assert (d[selection] == data[selection]).all()
    return {
        "shape": list(d.shape),
        "crc": zlib.crc32(data.tobytes()),
        "crc_slab": zlib.crc32(np.ascontiguousarray(data[selection]).tobytes()),
        "crc_third": zlib.crc32(np.ascontiguousarray(data[backwards]).tobytes()),
    }


def main():
    HERE.mkdir(exist_ok=True)
    os.chdir(HERE)
    for old in HERE.glob("*.h5"):
        old.unlink()
    sources()
    with h5py.File("grow_t.h5", "w") as f:
        f.create_dataset("data", data=np.arange(24, dtype="i4").reshape(6, 4), maxshape=(6, None), chunks=(6, 2))
    expected = {}
    for version in ["earliest", "v110", "latest"]:
        name = f"master_{version}.h5"
        with h5py.File(name, "w", libver=(version, "latest")) as f:
            master(f)
        with h5py.File(name, "r") as f:
            expected[name] = {path: row(d) for path, d in f.items() if d.is_virtual}
    pathlib.Path("expected.json").write_text(json.dumps(expected, indent=0, sort_keys=True) + "\n")


main()
