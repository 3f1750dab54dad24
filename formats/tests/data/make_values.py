"""Writes values.h5: datasets whose elements are no plain numbers.

Run: pip install h5py numpy; python make_values.py
Written with h5py 3.16 (libhdf5 2.0.0), numpy 2.4.
"""

import pathlib

import h5py
import numpy as np

HERE = pathlib.Path(__file__).parent

with h5py.File(HERE / "values.h5", "w") as f:
    text = h5py.string_dtype()
    row = np.dtype([("id", "<i4"), ("energy", ">f8"), ("name", text), ("place", "<f4", (2,))])
    rows = np.zeros(5, row)
    for n in range(5):
        rows[n] = (n - 2, n / 4, "r%d" % n, (n, -n))
    f.create_dataset("rows", data=rows, chunks=(2,), compression="gzip")
    lists = np.empty(3, object)
    lists[:] = [np.arange(3, dtype="i4"), np.arange(0, dtype="i4"), np.array([7], "i4")]
    f.create_dataset("lists", data=lists, dtype=h5py.vlen_dtype("<i4"))
    f["opaque"] = np.array([b"\x01\x02\x03", b"\xff\x00\x00"], dtype="V3")
    f.create_dataset("colours", data=np.array([2, 1, 2], "i1"), dtype=h5py.enum_dtype({"RED": 1, "GREEN": 2}, basetype="i1"))
    f["reference"] = np.array([f["rows"].ref], dtype=h5py.ref_dtype)
    arrays = np.arange(24, dtype=">i2").reshape(4, 3, 2)
    dtype = h5py.h5t.array_create(h5py.h5t.STD_I16BE, (3, 2))
    for name, chunks in [("arrays", None), ("arrays_chunked", (2,))]:
        plist = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        if chunks:
            plist.set_chunk(chunks)
            plist.set_shuffle()
            plist.set_deflate(6)
        d = h5py.h5d.create(f.id, name.encode(), dtype, h5py.h5s.create_simple((4,)), plist)
        d.write(h5py.h5s.ALL, h5py.h5s.ALL, arrays, mtype=h5py.h5t.py_create(np.dtype((">i2", (3, 2)))))
        assert (f[name][...] == arrays).all()
    # 1 + 8 + 7 bits, bias 127: the upper half of binary32.
    brain = h5py.h5t.IEEE_F32LE.copy()
    brain.set_fields(15, 7, 8, 0, 7)
    brain.set_size(2)
    brain.set_ebias(127)
    d = h5py.h5d.create(f.id, b"brain", brain, h5py.h5s.create_simple((4,)))
    d.write(h5py.h5s.ALL, h5py.h5s.ALL, np.array([1.0, -2.5, 3.0e38, np.inf], "f4"))
    print(f["brain"].id.get_type().get_size(), list(f["brain"].astype("f4")[...]))
