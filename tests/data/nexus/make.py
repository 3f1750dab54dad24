"""NXdata groups with every attribute and suffix of the class, old forms, and faults, by h5py.

Run: python make.py (h5py, numpy, silx). It writes features.h5, old.h5, faults.h5, circle.h5, slices.h5 and
expected.json. What the tests expect is read back by h5py: the signal and its companions, scaled as
NXdata says, `(raw + offset) * scaling_factor`; silx says which signal it takes where it follows the
same rule.
"""

import json
import pathlib

import h5py
import numpy as np
from silx.io import nxdata

HERE = pathlib.Path(__file__).parent
RNG = np.random.default_rng(20261121)
TEXT = h5py.string_dtype()


def group(f, path, **attributes):
    made = f.require_group(path)
    made.attrs["NX_class"] = "NXdata"
    for name, value in attributes.items():
        made.attrs[name] = value
    return made


def field(g, name, values, **attributes):
    g[name] = values
    for key, value in attributes.items():
        g[name].attrs[key] = value
    return g[name]


def reals(shape):
    """Numbers with few binary digits, which JSON keeps exactly."""
    return RNG.integers(-9999, 9999, shape) / 64


def texts(*words):
    return np.array(words, dtype=TEXT)


def features(f):
    f.attrs["default"] = "entry"
    entry = f.require_group("entry")
    entry.attrs["NX_class"] = "NXentry"
    entry.attrs["default"] = "process/curve"
    entry["title"] = "the title of the entry"
    f.require_group("entry/process").attrs["NX_class"] = "NXprocess"

    g = group(f, "entry/process/curve", signal="counts", axes="energy",
              auxiliary_signals=texts("sum"),
              SILX_style=json.dumps({"axes_scale_types": ["log"], "signal_scale_type": "log"}))
    field(g, "counts", RNG.integers(1, 900, 7).astype("u2"), units="counts", long_name="counts seen")
    g["counts_errors"] = np.sqrt(g["counts"][()].astype("f8"))
    g["counts_scaling_factor"] = 0.5
    g["counts_offset"] = np.int32([-3])
    g["counts_weights"] = np.linspace(1, 2, 7)
    g["counts_mask"] = np.uint8([0, 0, 1, 0, 0, 4, 0])
    field(g, "energy", np.arange(7) * 1.5 + 8, units="keV")
    g["energy_errors"] = np.full(7, 0.01)
    g["energy_offset"] = 0.25
    field(g, "sum", reals(7).astype("f4"), units="V", long_name="sum of all")
    g["sum_errors"] = np.full(7, 0.5, "f4")
    g["sum_scaling_factor"] = np.float32(2)
    g["title"] = "its own title"

    g = group(f, "entry/stack", signal="data", axes=texts("frame", "y", "x"),
              default_slice=texts("difference", ".", "."),
              SILX_style=json.dumps({"axes_scale_type": ["linear", "linear", "log"]}))
    field(g, "data", RNG.integers(0, 99, (3, 4, 5)).astype("i4"), interpretation="image")
    g["frame"] = texts("raw", "flat", "difference")
    field(g, "y", np.linspace(-1, 1, 5), units="mm", long_name="height")
    field(g, "x", np.arange(8.0), first_good=2, last_good=6, units="mm")
    g["data_mask"] = np.eye(4, 5, dtype="u1")

    g = group(f, "entry/choice", signal="data", axes=texts("angle", "."),
              angle_indices=0, motor_indices=texts("0"), pixel_indices=1,
              default_slice=texts("1", "."))
    field(g, "data", reals((3, 6)), interpretation="spectrum")
    field(g, "angle", np.float32([10, 20, 30]), units="deg")
    field(g, "motor", np.int16([7, 8, 9]), units="step")
    field(g, "pixel", np.arange(7.0), units="px")

    g = group(f, "entry/grid", signal="map", axes=texts("y", "x"), y_indices=[0, 1], x_indices=[0, 1])
    field(g, "map", reals((4, 3)))
    field(g, "y", np.add.outer(np.arange(4.0), np.arange(3) * 0.125), units="um")
    field(g, "x", np.add.outer(np.arange(4) * 0.125, np.arange(3.0)), units="um")

    g = group(f, "entry/good", signal="data", axes=texts("t"))
    g["data"] = np.arange(6) ** 2
    field(g, "t", np.arange(6) / 2, units="s", first_good=1, last_good=4)

    for word, depth in [("rgb", 3), ("rgba", 4), ("hsl", 3), ("cmyk", 4)]:
        g = group(f, f"entry/{word}", signal="data", axes=texts("y", "x"))
        field(g, "data", RNG.integers(0, 255, (2, 3, depth)).astype("u1"), interpretation=f"{word}-image")
        g["y"], g["x"] = np.arange(2.0), np.arange(3.0)
    g = group(f, "entry/hdf_image", signal="data")
    field(g, "data", RNG.integers(0, 255, (2, 3, 3)).astype("u1"), CLASS=np.bytes_("IMAGE"),
          IMAGE_SUBCLASS=np.bytes_("IMAGE_TRUECOLOR"), INTERLACE_MODE=np.bytes_("INTERLACE_PIXEL"))
    g = group(f, "entry/scaler", signal="data", interpretation="scaler")
    g["data"] = reals((4, 5))

    g = group(f, "entry/uncertain", signal="data", uncertainties="sigma")
    g["data"], g["sigma"] = np.arange(4.0), np.full(4, 0.1)
    g = group(f, "entry/deprecated", signal="data")
    g["data"], g["errors"] = np.arange(4.0), np.full(4, 0.2)
    g["scaling_factor"], g["offset"] = 3.0, 1.0
    g = group(f, "entry/by_path", signal="/entry/detector/frames", axes=texts("y", "x"))
    f["entry/detector/frames"] = RNG.integers(0, 9, (3, 4)).astype("u4")
    g["y"], g["x"] = np.arange(3.0), np.arange(4.0)
    g = group(f, "entry/above", signal="../detector/frames")
    g["note"] = "nothing else"


def old(f):
    """The forms of NeXus versions 1 and 2."""
    for entry, one, axes in [("a", 1, "y:x"), ("b", "1", "y,x"), ("c", np.bytes_("1"), "[y,x]")]:
        f.require_group(entry).attrs["NX_class"] = "NXentry"
        g = group(f, f"{entry}/data")
        field(g, "odd", np.arange(4.0))
        field(g, "counts", RNG.integers(0, 50, (3, 4)).astype("u2"), signal=one, axes=axes)
        field(g, "more", RNG.integers(0, 50, (3, 4)).astype("u2"), signal=2)
        g["y"], g["x"] = np.arange(3.0), np.arange(5.0)
    f.require_group("d").attrs["NX_class"] = "NXentry"
    g = group(f, "d/data")
    field(g, "counts", RNG.integers(0, 50, (3, 4)).astype("u2"), signal=1)
    field(g, "wavelength", np.arange(4.0), axis=2)
    field(g, "two_theta", np.arange(4.0) * 2, axis=2, primary=1, units="deg")
    field(g, "rows", np.arange(3.0), axis="1")


def faults(f):
    f.attrs["default"] = "entry/absent"
    f.require_group("entry").attrs["NX_class"] = "NXentry"
    g = group(f, "entry/axes", signal="data", axes=texts("y", "x", "z", "w"), x_indices=7, word_indices="?",
              SILX_style="{log", auxiliary_signals=texts("absent", "short"), default_slice=texts("5", "."), interpretation="hologram")
    g["data"] = np.arange(12.0).reshape(3, 4)
    g["y"] = np.arange(9.0)
    g["short"] = np.arange(3)
    g["x"] = np.arange(4.0)
    g["z"] = np.arange(4.0)
    g["data_errors"] = np.arange(5.0)
    g["data_scaling_factor"] = np.arange(5.0)
    g["data_mask"] = np.zeros((2, 2), "u1")
    g["data_weights"] = texts("heavy")
    g = group(f, "entry/named_nothing", signal="nothing", axes=texts("x"))
    g["data"], g["x"] = np.arange(6.0), np.arange(6.0)
    g = group(f, "entry/names_a_group", signal="inner")
    g.require_group("inner")
    g = group(f, "entry/nan", signal="data")
    g["data"] = np.full((4, 5), np.nan)
    g = group(f, "entry/empty", signal="data", axes=texts("y", "x"))
    g["data"], g["y"], g["x"] = np.zeros((0, 5)), np.zeros(0), np.arange(5.0)
    g = group(f, "entry/number", signal="data", axes="x", default_slice="0")
    g["data"], g["x"] = 3.5, 1.0
    g = group(f, "entry/deep", signal="data", axes=texts(*["a"] + ["."] * 31))
    g["data"] = np.arange(4, dtype="u1").reshape([1] * 30 + [2, 2])
    g["a"] = np.arange(1.0)
    g = group(f, "entry/words", signal="data")
    g["data"] = texts("no", "numbers")


def circle(f):
    f.attrs["default"] = "a"
    f.require_group("a").attrs["default"] = "b"
    f.require_group("a/b").attrs["default"] = "/c"
    f.require_group("c").attrs["default"] = "/a"
    for name in ("a", "a/b", "c"):
        f[name].attrs["NX_class"] = "NXentry"
    g = group(f, "c/data", signal="data")
    g["data"] = np.arange(5.0)


def slices(f):
    """Slices that fix axes in the middle and at the end, and axes and values that pictures cannot show as they are."""
    f.require_group("entry").attrs["NX_class"] = "NXentry"
    counted = np.add.outer(np.add.outer(np.arange(3) * 100, np.arange(4) * 10), np.arange(5))
    g = group(f, "entry/middle", signal="data", axes=texts("theta", "y", "x"), depth_indices=[0, 2],
              auxiliary_signals=texts("second"), default_slice=texts(".", "2", "."))
    field(g, "data", counted.astype("i4"), units="counts")
    g["data_errors"] = counted / 8
    g["data_weights"] = (counted + 1).astype("f4")
    mask = np.zeros((4, 5), "u1")
    mask[2, 1] = mask[0, 3] = 1
    g["data_mask"] = mask
    field(g, "theta", np.arange(3) * 0.5, units="deg")
    field(g, "y", np.arange(4) + 0.25, units="mm")
    field(g, "x", np.arange(6.0), units="um")
    g["depth"] = np.add.outer(np.arange(3.0), np.arange(5) / 8)
    g["second"] = -counted
    g = group(f, "entry/last", signal="data", default_slice=texts(".", ".", "1"))
    g.create_dataset("data", data=counted.astype("f8") / 4, chunks=(2, 3, 2), compression="gzip")
    g = group(f, "entry/column", signal="data", default_slice=texts(".", "1"))
    g["data"] = counted[0].astype("u2")
    g = group(f, "entry/names", signal="data", axes=texts("sample", "x"))
    field(g, "data", counted[1].astype("u2"))
    g["sample"], g["x"] = texts("air", "water", "kapton", "gold"), np.arange(5.0)
    g = group(f, "entry/odd_axes", signal="data", axes=texts("y", "x"), y_indices=0, x_indices=[0, 1])
    g["data"] = counted[1].astype("u2")
    g["y"], g["x"] = np.full(4, np.nan), np.add.outer(np.arange(4.0), np.arange(5.0))
    g = group(f, "entry/far", signal="data")
    far = counted[0].astype("f8")
    far[0, 0], far[1, 2], far[3, 4] = 1e300, -1e300, np.nan
    g["data"] = far


def plain(values):
    values = np.asarray(values)
    if values.dtype.kind in "OS":
        return [v.decode() if isinstance(v, bytes) else v for v in values.ravel()]
    return values.astype("f8").ravel().tolist()


def scaled(g, name):
    """The values of a field as they are plotted."""
    values = g[name][()]
    if values.dtype.kind == "O":
        return plain(values)
    offset = g.get(f"{name}_offset", g.get("offset", np.float64(0)) if name == "data" else np.float64(0))
    factor = g.get(f"{name}_scaling_factor",
                   g.get("scaling_factor", np.float64(1)) if name == "data" else np.float64(1))
    one = [np.asarray(v[()] if isinstance(v, h5py.Dataset) else v, "f8").ravel()[0] for v in (offset, factor)]
    return plain((values.astype("f8") + one[0]) * one[1])


def told(f, path, signal, axes=(), auxiliary=()):
    g = f[path]
    full = signal if signal.startswith("/") else f"/{path}/{signal}"
    source = f[full].parent if signal.startswith("/") else g
    return {
        "path": path, "signal": full, "shape": list(f[full].shape),
        "values": scaled(source, full.rsplit("/", 1)[1]),
        "axes": {name: {"values": scaled(g, name), "unit": g[name].attrs.get("units", "")} for name in axes},
        "auxiliary": {name: scaled(g, name) for name in auxiliary},
    }


def read_back():
    expected = {}
    with h5py.File(HERE / "features.h5") as f:
        expected["features"] = [
            told(f, "entry/process/curve", "counts", ["energy"], ["sum"]),
            told(f, "entry/stack", "data", ["frame", "y", "x"]),
            told(f, "entry/choice", "data", ["angle", "motor", "pixel"]),
            told(f, "entry/grid", "map", ["y", "x"]),
            told(f, "entry/good", "data", ["t"]),
            told(f, "entry/uncertain", "data"),
            told(f, "entry/deprecated", "data"),
            told(f, "entry/by_path", "/entry/detector/frames", ["y", "x"]),
            told(f, "entry/above", "/entry/detector/frames"),
        ]
        found = nxdata.get_default(f)
        expected["silx"] = {"features": found.signal.name}
    with h5py.File(HERE / "old.h5") as f:
        expected["old"] = [told(f, f"{e}/data", "counts", ["y", "x"], ["more"]) for e in "abc"]
        expected["old"].append(told(f, "d/data", "counts", ["rows", "two_theta", "wavelength"]))
    (HERE / "expected.json").write_text(json.dumps(expected, indent=1) + "\n")


for name, write in [("features", features), ("old", old), ("faults", faults), ("circle", circle),
                    ("slices", slices)]:
    with h5py.File(HERE / f"{name}.h5", "w", libver="latest") as file:
        write(file)
read_back()
