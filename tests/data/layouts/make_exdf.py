"""Runs of the European XFEL, written with the mock devices of EXtra-data (BSD-3-Clause).

The modules have 4 x 3 pixels instead of 512 x 128, so that the files are small; the rest is as the
mock devices write it. What EXtra-data reads from the runs is the reference.
"""

import re
import warnings
import zlib

import extra_data
import h5py
import numpy as np
from extra_data.components import AGIPD1M
from extra_data.tests.mockdata import write_file
from extra_data.tests.mockdata.detectors import AGIPDModule
from extra_data.tests.mockdata.xgm import XGM

DETECTOR = "SPB_DET_AGIPD1M-1"
RNG = np.random.default_rng(20260403)


def crc(array):
    array = np.ascontiguousarray(array)
    return zlib.crc32(array.astype(array.dtype.newbyteorder("<")).tobytes())


def small_chunks(create):
    """Chunks of a few rows, where h5py would guess 1024 for what can grow."""
    def create_small(self, name, shape=None, dtype=None, **kwargs):
        if kwargs.get("maxshape") and "chunks" not in kwargs and shape:
            kwargs["chunks"] = (min(max(shape[0], 1), 8), *shape[1:])
        return create(self, name, shape, dtype, **kwargs)
    return create_small


h5py.Group.create_dataset = small_chunks(h5py.Group.create_dataset)


class SmallModule(AGIPDModule):
    image_dims = (2, 4, 3)
    output_parts = ["image"]

    @property
    def other_keys(self):
        return []

    def write_instrument(self, f):
        # The parent writes train ids of parts that are left out here.
        super().write_instrument(f)
        for part in ["detector", "header", "trailer"]:
            del f[f"INSTRUMENT/{self.device_id}:{self.channel_name}/{part}"]


def module_file(path, number, trains, first, version, raw=True):
    device = f"{DETECTOR}/DET/{number}CH0"
    write_file(path, [SmallModule(device, frames_per_train=3, raw=raw)], ntrains=trains,
               firsttrain=first, chunksize=4, format_version=version)
    with h5py.File(path, "r+") as f:
        data = f[f"INSTRUMENT/{device}:xtdf/image/data"]
        if raw:
            data[:] = RNG.integers(0, 2**14, data.shape, dtype="u2")
        else:
            data[:] = RNG.normal(size=data.shape).astype("f4")
        cells = f[f"INSTRUMENT/{device}:xtdf/image/cellId"]
        cells[:] = cells[:] * 2 + 1
        pulses = f[f"INSTRUMENT/{device}:xtdf/image/pulseId"]
        pulses[:] = pulses[:] * 4


def skip_trains(path, trains):
    """As if the module had missed a train: the next ones move up."""
    with h5py.File(path, "r+") as f:
        f["INDEX/trainId"][:len(trains)] = trains
        ids = next(value for name, value in items(f) if name.endswith("image/trainId"))
        ids[:, 0] = np.repeat(trains, 3)


def items(f):
    found = []
    f.visititems(lambda name, value: found.append((name, value)))
    return found


def oldest_index(path):
    """From first and count to first, last and status, as format 0.1 had them."""
    with h5py.File(path, "r+") as f:
        for name, value in items(f["INDEX"]):
            if name.endswith("/count"):
                group = value.parent
                first, count = group["first"][:], value[:]
                del group["count"]
                group["last"] = first + np.maximum(count, 1) - 1
                group["status"] = (count > 0).astype("u4")


def repack(path):
    """The same with less around the data: few keys, and lists in one piece."""
    small = path.with_suffix(".tmp")
    with h5py.File(path) as old, h5py.File(small, "w", libver="latest") as new:
        for name, value in items(old):
            if name.startswith("METADATA/") and not re.search("dataSourceId|FormatVersion", name):
                continue
            if name.startswith(("CONTROL/", "RUN/")) and "photonFlux" not in name:
                continue
            if "XGM" in name and not re.search("photonFlux|intensityTD|trainId|INDEX", name):
                continue
            if isinstance(value, h5py.Group):
                continue
            group = new.require_group(value.parent.name)
            if name.endswith(("image/data", "intensityTD")):
                old.copy(name, group)
            else:
                group.create_dataset(name.rsplit("/")[-1], data=value[:], dtype=value.dtype)
        new.require_group("RUN")
    small.replace(path)


def detector_rows(folder, key="image.data", raw=True):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        run = extra_data.RunDirectory(str(folder))
        detector = AGIPD1M(run, min_modules=1, raw=raw)
        array = detector.get_array(key, fill_value=0 if raw else np.nan, unstack_pulses=False)
    return array


def aligned(folder, raw=True):
    """[pulse, module, ...] by train and pulse, all 16 modules, from EXtra-data."""
    array = detector_rows(folder, raw=raw)
    present = [int(number) for number in array.coords["module"].values]
    values = np.moveaxis(array.values, 0, 1)
    whole = np.zeros((values.shape[0], 16, *values.shape[2:]), values.dtype)
    if not raw:
        whole[:] = np.nan
    whole[:, present] = values
    index = array.coords["train_pulse"].to_index()
    return whole, [int(train) for train, _ in index], [int(pulse) for _, pulse in index]


def raw_run(folder):
    """16 modules, two sequences; module 3 missed a train, module 5 has no second file."""
    folder.mkdir(exist_ok=True)
    for number in range(16):
        for sequence in range(2):
            if (number, sequence) == (5, 1):
                continue
            path = folder / f"RAW-R0007-AGIPD{number:02}-S{sequence:05}.h5"
            short = (number, sequence) == (3, 0)
            module_file(path, number, 2 if short else 3, 10000 + 3 * sequence, "1.2")
            if short:
                skip_trains(path, [10000, 10002])
    for sequence in range(2):
        path = folder / f"RAW-R0007-DA01-S{sequence:05}.h5"
        write_file(path, [XGM("SPB_XTD9_XGM/DOOCS/MAIN")], ntrains=3,
                   firsttrain=10000 + 3 * sequence, chunksize=4, format_version="1.2")
        with h5py.File(path, "r+") as f:
            for name, value in items(f):
                if name.endswith("photonFlux/value") and name.startswith("CONTROL"):
                    value[:] = RNG.normal(size=value.shape)
                if name.endswith("intensityTD"):
                    value[:] = RNG.normal(size=value.shape)
                    value[3:] = 0
    for path in folder.glob("*.h5"):
        repack(path)
    whole, trains, pulses = aligned(folder)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        run = extra_data.RunDirectory(str(folder))
    flux = run["SPB_XTD9_XGM/DOOCS/MAIN", "pulseEnergy.photonFlux.value"].ndarray()
    fast = run["SPB_XTD9_XGM/DOOCS/MAIN:output", "data.intensityTD"].ndarray()
    return {"shape": list(whole.shape), "crc": crc(whole), "trains": trains, "pulses": pulses,
            "frames": [[crc(module) for module in pulse] for pulse in whole],
            "flux": {"shape": list(flux.shape), "crc": crc(flux)},
            "intensity": {"shape": list(fast.shape), "crc": crc(fast)}}


def small_runs(folder):
    """Two modules of each older format; corrected data without gain stage."""
    expected = {}
    for version, raw in [("0.1", True), ("0.5", False), ("1.0", True)]:
        name = "v" + version.replace(".", "_")
        where = folder / name
        where.mkdir(exist_ok=True)
        for number in (0, 9):
            path = where / f"{'RAW' if raw else 'CORR'}-R0008-AGIPD{number:02}-S00000.h5"
            module_file(path, number, 2, 20000, "0.5" if version == "0.1" else version, raw)
            if version == "0.1":
                oldest_index(path)
            repack(path)
        whole, trains, pulses = aligned(where, raw)
        expected[name] = {"shape": list(whole.shape), "crc": crc(whole), "trains": trains,
                          "pulses": pulses}
    return expected


def write(folder):
    expected = {"run": raw_run(folder / "run"), **small_runs(folder)}
    for cache in folder.rglob("karabo_data_map.json"):
        cache.unlink()
    return expected
