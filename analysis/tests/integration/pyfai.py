"""The peer of integration.rs: frames of silver behenate and their patterns, by pyFAI.

    python pyfai.py FOLDER

FOLDER/cases.json lists geometries and cases. Each geometry gets NAME.frame (uint32), NAME.mask
(uint8), NAME.flat and NAME.dark (float32); each case gets CASE.radial, CASE.azimuthal,
CASE.intensity and CASE.sigma (float64), as raw numbers.
"""

import json
import logging
import pathlib
import sys

import numpy as np

logging.disable(logging.WARNING)

import pyFAI  # noqa: E402
from pyFAI.calibrant import get_calibrant  # noqa: E402
from pyFAI.detectors import Detector  # noqa: E402
from pyFAI.integrator.azimuthal import AzimuthalIntegrator  # noqa: E402

NO_DATA = np.uint32(0xFFFFFFFF)


def frames(folder, name, ai, shape):
    """Rings on a background, with noise; a mask of gaps and dead pixels."""
    rng = np.random.default_rng(4)
    calibrant = get_calibrant("AgBh")
    calibrant.wavelength = ai.wavelength
    mean = calibrant.fake_calibration_image(ai, shape=shape, Imax=800.0, W=3e-5) + 20.0
    frame = rng.poisson(mean).astype(np.uint32)
    mask = np.zeros(shape, np.uint8)
    mask[shape[0] // 3 : shape[0] // 3 + 37] = 1
    mask[:, shape[1] // 2 : shape[1] // 2 + 11] = 1
    mask[rng.integers(0, shape[0], 500), rng.integers(0, shape[1], 500)] = 1
    # Pixels without a value that the mask does not know.
    frame[rng.integers(0, shape[0], 300), rng.integers(0, shape[1], 300)] = NO_DATA
    flat = rng.uniform(0.8, 1.2, shape).astype(np.float32)
    dark = rng.uniform(0.0, 5.0, shape).astype(np.float32)
    for kind, array in (("frame", frame), ("mask", mask), ("flat", flat), ("dark", dark)):
        array.tofile(folder / f"{name}.{kind}")
    return frame, mask, flat, dark


def run(folder, case, ai, arrays):
    frame, mask, flat, dark = arrays
    options = {
        "unit": case["unit"],
        "method": (case["split"], "csr", "cython"),
        "mask": mask,
        "dummy": float(NO_DATA),
        "correctSolidAngle": case["solid_angle"],
        "polarization_factor": case["polarization"],
        "radial_range": case["radial_range"],
        "azimuth_range": case["azimuth_range"],
    }
    if case["fields"]:
        options.update(flat=flat, dark=dark)
    if case["errors"]:
        options.update(error_model="poisson")
    if case["azimuth_points"]:
        result = ai.integrate2d_ng(frame, case["points"], case["azimuth_points"], **options)
        azimuthal = result.azimuthal
    else:
        result = ai.integrate1d_ng(frame, case["points"], **options)
        azimuthal = np.zeros(0)
    sigma = np.zeros(0) if result.sigma is None else result.sigma
    name = case["name"]
    for kind, array in (
        ("radial", result.radial),
        ("azimuthal", azimuthal),
        ("intensity", np.where(result.count > 0, result.intensity, np.nan)),
        ("sigma", sigma),
        ("count", result.count),
    ):
        np.asarray(array, np.float64).tofile(folder / f"{name}.{kind}")


def main():
    folder = pathlib.Path(sys.argv[1])
    plan = json.loads((folder / "cases.json").read_text())
    for geometry in plan["geometries"]:
        shape = tuple(geometry["shape"])
        detector = Detector(geometry["pixel"][0], geometry["pixel"][1], max_shape=shape)
        ai = AzimuthalIntegrator(detector=detector, wavelength=geometry["wavelength"], **geometry["poni"])
        arrays = frames(folder, geometry["name"], ai, shape)
        for case in plan["cases"]:
            if case["geometry"] == geometry["name"]:
                run(folder, case, ai, arrays)
    print(pyFAI.version)


if __name__ == "__main__":
    main()
