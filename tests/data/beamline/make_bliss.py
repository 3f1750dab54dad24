"""Writes a small file as BLISS writes its scans: bliss.h5.

Needs h5py and numpy. Run it in this folder. Three scans: a step scan of a motor with a detector, a
count of time without motors, and a scan of two motors that was stopped, so that its last counter is
one point short. What was counted is a Gauss of width 0.8 around 2.5 on a slope.
"""

import h5py
import numpy as np


def scan(f, name, title, columns, motors, moved):
    entry = f.create_group(name)
    entry.attrs["NX_class"] = "NXentry"
    entry["title"] = title
    entry["start_time"] = "2026-11-21T10:00:00+01:00"
    instrument = entry.create_group("instrument")
    instrument.attrs["NX_class"] = "NXinstrument"
    positioners = instrument.create_group("positioners")
    positioners.attrs["NX_class"] = "NXcollection"
    measurement = entry.create_group("measurement")
    measurement.attrs["NX_class"] = "NXcollection"
    for column, values in columns.items():
        group = instrument.create_group(column)
        is_moved = column in moved
        group.attrs["NX_class"] = "NXpositioner" if is_moved else "NXdetector"
        field = "value" if is_moved else "data"
        group[field] = values
        if is_moved:
            group[field].attrs["units"] = "deg"
            positioners[column] = values
            positioners[column].attrs["units"] = "deg"
        measurement[column] = h5py.SoftLink(f"/{name}/instrument/{column}/{field}")
    for motor, value in motors.items():
        positioners[motor] = value
        positioners[motor].attrs["units"] = "mm"


with h5py.File("bliss.h5", "w", libver="latest") as f:
    f.attrs["NX_class"] = "NXroot"
    f.attrs["creator"] = "Bliss"
    th = np.arange(21) * 0.25
    det = 7 + 2 * th + 300 * np.exp(-4 * np.log(2) * ((th - 2.5) / 0.8) ** 2)
    clock = np.arange(21) * 0.5
    frames = (np.arange(21)[:, None, None] * 100 + np.arange(12).reshape(3, 4)).astype("u2")
    columns = {"elapsed_time": clock, "th": th, "mon": np.full(21, 1000.0), "det": det, "eiger": frames}
    still = {"chi": 45.5, "sy": -1.25}
    scan(f, "1.1", "ascan th 0 5 20 0.5", columns, still, ["th"])
    count = {"elapsed_time": clock[:5], "mon": np.full(5, 999.0), "det": np.arange(5.0)}
    scan(f, "2.1", "loopscan 5 0.5", count, still | {"th": 5.0}, [])
    both = {"elapsed_time": clock[:9], "th": th[:9], "tth": th[:9] * 2, "mon": np.full(9, 1001.0),
            "det": det[:9], "late": det[:8]}
    scan(f, "10.1", "a2scan tth 0 10 th 0 5 20 0.5", both, still, ["th", "tth"])
