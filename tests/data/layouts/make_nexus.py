"""BLISS, CXI, ISIS and DXchange files, by h5py, with the names that their writers use.

BLISS: blisswriter's dataset and collection files, images in Lima files; CXI: CXI file format 1.4;
ISIS: NeXus raw files with histograms and events; DXchange: "Scientific Data Exchange".
"""

import zlib

import h5py
import numpy as np

RNG = np.random.default_rng(20260404)
LINKS = 300


def crc(array):
    array = np.ascontiguousarray(array)
    return zlib.crc32(array.astype(array.dtype.newbyteorder("<")).tobytes())


def group(f, path, kind):
    made = f.require_group(path)
    made.attrs["NX_class"] = kind
    return made


def bliss(folder):
    counts = RNG.poisson(4.0, (3, 5, 6)).astype("u2")
    with h5py.File(folder / "frelon_0000.h5", "w") as f:
        lima = group(f, "entry_0000", "NXentry")
        detector = group(f, "entry_0000/ESRF-ID11/frelon", "NXdetector")
        detector["data"] = counts
        group(f, "entry_0000/measurement", "NXcollection")["data"] = h5py.SoftLink(
            "/entry_0000/ESRF-ID11/frelon/data")
        lima.attrs["default"] = "measurement"
    curve = RNG.normal(size=3)
    with h5py.File(folder / "sample_0001.h5", "w") as f:
        for scan in ("1.1", "2.1"):
            entry = group(f, scan, "NXentry")
            entry["title"] = "ascan rot 0 2 3 0.1"
            detector = group(f, f"{scan}/instrument/frelon", "NXdetector")
            group(f, f"{scan}/instrument", "NXinstrument")
            layout = h5py.VirtualLayout(counts.shape, counts.dtype)
            layout[:] = h5py.VirtualSource(
                "frelon_0000.h5", "/entry_0000/measurement/data", counts.shape)
            detector.create_virtual_dataset("data", layout)
            group(f, f"{scan}/instrument/diode", "NXdetector")["data"] = curve
            measured = group(f, f"{scan}/measurement", "NXcollection")
            measured["diode"] = h5py.SoftLink(f"/{scan}/instrument/diode/data")
            measured["frelon"] = h5py.SoftLink(f"/{scan}/instrument/frelon/data")
        # The second scan says what to plot.
        plot = group(f, "2.1/plotselect", "NXdata")
        plot.attrs["signal"] = "diode"
        plot["diode"] = h5py.SoftLink("/2.1/instrument/diode/data")
        f["2.1"].attrs["default"] = "plotselect"
    with h5py.File(folder / "ma1234_sample.h5", "w", libver="latest") as f:
        for number in range(LINKS):
            f[f"sample_{number:04}_1.1"] = h5py.ExternalLink(f"sample_{number:04}.h5", "/1.1")
    return {"shape": list(counts.shape), "images": crc(counts), "curve": crc(curve),
            "links": LINKS}


def cxi(folder):
    counts = RNG.poisson(2.0, (2, 4, 5)).astype("u2")
    mask = np.zeros((4, 5), "u4")
    mask[1, 2] = 1
    with h5py.File(folder / "hits.cxi", "w") as f:
        f["cxi_version"] = 140
        detector = f.create_group("entry_1/instrument_1/detector_1")
        detector["data"] = counts
        detector["mask"] = mask
        detector["distance"] = 0.25
        f["entry_1/instrument_1/source_1/energy"] = 1.4e-15
        f.create_group("entry_1/data_1")["data"] = h5py.SoftLink(
            "/entry_1/instrument_1/detector_1/data")
    return {"shape": list(counts.shape), "crc": crc(counts), "mask": crc(mask)}


def isis(folder):
    counts = RNG.poisson(2.0, (1, 3, 4)).astype("i4")
    with h5py.File(folder / "isis.nxs", "w") as f:
        group(f, "raw_data_1", "NXentry")
        data = group(f, "raw_data_1/detector_1", "NXdata")
        data["counts"] = counts
        data["counts"].attrs["signal"] = 1
        data["counts"].attrs["axes"] = "period_index,spectrum_index,time_of_flight"
        data["period_index"] = np.arange(1, 2, dtype="i4")
        data["spectrum_index"] = np.arange(1, 4, dtype="i4")
        data["time_of_flight"] = np.linspace(5, 45, 5).astype("f4")
        events = group(f, "raw_data_1/detector_1_events", "NXevent_data")
        events["event_id"] = np.arange(6, dtype="i4")
        events["event_time_offset"] = np.arange(6, dtype="f4")
        events["event_time_zero"] = np.arange(2, dtype="f8")
        events["event_index"] = np.array([0, 3], "u8")
    return {"shape": list(counts.shape), "crc": crc(counts)}


def sinograms(folder):
    counts = RNG.poisson(9.0, (2, 5, 3)).astype("u2")
    with h5py.File(folder / "sinograms.h5", "w") as f:
        f["implements"] = "exchange"
        exchange = f.create_group("exchange")
        exchange["data"] = counts
        exchange["data"].attrs["axes"] = "y:theta:x"
        exchange["theta"] = np.linspace(0, 144, 5)
        exchange["theta"].attrs["units"] = "deg"
    turned = counts.swapaxes(0, 1)
    return {"shape": list(turned.shape), "crc": crc(turned),
            "frames": [crc(frame) for frame in turned]}


def write(folder):
    return {"bliss": bliss(folder), "cxi": cxi(folder), "isis": isis(folder),
            "sinograms": sinograms(folder)}
