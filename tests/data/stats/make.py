"""Writes stats.h5 and expected.json: statistics of frames as numpy has them.

Needs numpy, h5py, tifffile and fabio. The numbers are the same each time.

    python make.py
"""

import json
import pathlib

import fabio
import h5py
import numpy as np
import tifffile

HERE = pathlib.Path(__file__).parent
PERCENTS = [0.1, 1, 5, 50, 95, 99, 99.9]
RNG = np.random.default_rng(20)

# Bits above 16 only inform (NXdetector, pixel_mask).
MASK = np.zeros((6, 7), "u4")
MASK[2, 3], MASK[5, 6], MASK[0, 0] = 1, 2 | 1 << 20, 1 << 16
NO_DATA = {"uint32": [2**32 - 1, 2**32 - 2], "int32": [-1, -2]}


def stacks():
    """Name, samples [frame, y, x], mask, saturation value."""
    float32 = RNG.normal(1e6, 3, (5, 6, 7)).astype("f4")
    float32[3, 2, 1], float32[4] = np.nan, np.nan
    yield "float32", float32, MASK, None
    yield "float64", RNG.normal(0, 1e-9, (3, 6, 7)), None, None
    infinite = RNG.normal(0, 1, (2, 6, 7))
    infinite[1, 0, 0] = np.inf
    yield "infinite", infinite, None, None
    yield "uint64", RNG.integers(2**53, 2**64 - 1, (3, 6, 7), "u8", True), MASK, None
    yield "int64", RNG.integers(-(2**62), 2**62, (3, 6, 7), "i8"), None, None
    uint32 = RNG.integers(0, 1000, (4, 6, 7)).astype("u4")
    uint32[0, 0, 0], uint32[1, 1, 1] = NO_DATA["uint32"]
    yield "uint32", uint32, MASK, 900
    int32 = RNG.integers(-9, 9, (2, 6, 7)).astype("i4")
    yield "int32", int32, None, None
    uint16 = RNG.integers(0, 60000, (2, 6, 7)).astype("u2")
    uint16[1, 5, 5] = 65535
    yield "uint16", uint16, None, 65535
    yield "int8", RNG.integers(-128, 127, (2, 6, 7), "i1", True), None, None
    yield "float16", RNG.normal(0, 1, (2, 6, 7)).astype("f2"), None, None
    yield "modules", RNG.integers(0, 99, (2, 3, 6, 7)).astype("u2"), np.stack([MASK] * 3) * [[[0]], [[1]], [[3]]], 65535


def write(file):
    for name, data, mask, saturation in stacks():
        entry = file.create_group(name)
        entry.attrs["NX_class"], entry.attrs["default"] = "NXentry", "data"
        shown = entry.create_group("data")
        shown.attrs["NX_class"], shown.attrs["signal"] = "NXdata", "data"
        detector = entry.create_group("instrument/detector")
        entry["instrument"].attrs["NX_class"] = "NXinstrument"
        detector.attrs["NX_class"] = "NXdetector"
        chunk = (2,) + data.shape[1:]
        detector.create_dataset("data", data=data, chunks=chunk, compression="gzip")
        shown["data"] = h5py.SoftLink(f"/{name}/instrument/detector/data")
        if mask is not None:
            detector["pixel_mask"] = mask.astype("u4")
        if saturation is not None and name != "uint16":
            detector["saturation_value"] = saturation
        yield f"stats.h5::/{name}", data, mask, saturation


def number(value):
    """As Hutch writes it in JSON."""
    if isinstance(value, int):
        return value if -(2**63) <= value < 2**64 else str(value)
    if np.isnan(value):
        return "NaN"
    return float(value) if np.isfinite(value) else ("Infinity" if value > 0 else "-Infinity")


def describe(samples, bad, saturation, all_of_them):
    no_number = ~bad & np.isnan(samples) if samples.dtype.kind == "f" else np.zeros_like(bad)
    good = samples[~bad & ~no_number]
    known = {"count": int(good.size), "masked": int(bad.sum()), "not_a_number": int(no_number.sum())}
    is_whole = samples.dtype.kind in "iu"
    if good.size == 0:
        known |= {"min": "NaN", "max": "NaN", "mean": "NaN", "sigma": "NaN", "sum": 0}
    else:
        wide = good.astype(np.longdouble)
        with np.errstate(invalid="ignore"):
            mean, sigma = float(wide.mean()), float(wide.std())
        total = sum(int(v) for v in good) if is_whole else float(wide.sum())
        least, most = (int(good.min()), int(good.max())) if is_whole else (float(good.min()), float(good.max()))
        known |= {"min": number(least), "max": number(most), "mean": number(mean), "sigma": number(sigma), "sum": number(total)}
    known["saturated"] = int((good >= saturation).sum()) if saturation is not None else 0
    # numpy has no percentiles beside infinities.
    if all_of_them and np.isfinite(good).all():
        # The difference of two of its neighbours may be beyond a whole type.
        values = np.percentile(good.astype(np.longdouble), PERCENTS)
        known["percentiles"] = {f"{p:g}": number(float(v)) for p, v in zip(PERCENTS, values)}
    return known


def expect(address, data, mask, saturation):
    data = data.astype(data.dtype.newbyteorder("="))
    bad = np.zeros(data.shape, bool)
    if mask is not None:
        bad |= (mask & 0xFFFF) != 0
    for sentinel in NO_DATA.get(data.dtype.name, []):
        bad |= data == sentinel
    shape = (-1,) + data.shape[-2:]
    frames = zip(data.reshape(shape), bad.reshape(shape))
    return {
        "address": address,
        "frames": [describe(frame, out, saturation, False) for frame, out in frames],
        "all": describe(data, bad, saturation, True),
    }


def others():
    """Files of other formats that lie here."""
    for name in ["tiff_stack_big.tif", "tiff_float16.tif", "tiff_int32.tif", "tiff_tiles_lzw.tif"]:
        data = tifffile.imread(HERE.parent / "images" / name)
        yield f"../images/{name}", data, None, 65535 if data.dtype == "uint16" else None
    for name in ["npy_fortran.npy", "npy_bi8.npy"]:
        data = np.load(HERE.parent / "images" / name)
        yield f"../images/{name}", data, None, 65535 if data.dtype == "uint16" else None
    for name in ["type_u8.edf", "mini.cbf.gz", "short_big.img", "mar.mccd"]:
        data = fabio.open(str(HERE.parent / "beamline" / name)).data
        yield f"../beamline/{name}", data, None, 65535 if data.dtype == "uint16" else None


def main():
    with h5py.File(HERE / "stats.h5", "w", libver="latest") as file:
        cases = [expect(*case) for case in write(file)]
    cases += [expect(*case) for case in others()]
    (HERE / "expected.json").write_text(json.dumps(cases, indent=1) + "\n")


main()
