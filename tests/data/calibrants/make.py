"""Frames of LaB6 on a tilted detector, by pyFAI's own generator: lab6.h5, guess.poni, expected.json.

    python make.py        (numpy, h5py, pyFAI 2026.9)

Three frames of 128 x 120 pixels without noise, of which each is brighter than the one before; the file says where its
pixels are as the instrument was planned, and expected.json where they really are. Our own data.
"""

import json
import pathlib

import h5py
import numpy as np
from pyFAI.calibrant import get_calibrant
from pyFAI.detectors import Detector
from pyFAI.integrator.azimuthal import AzimuthalIntegrator

HERE = pathlib.Path(__file__).parent
SHAPE = (128, 120)
PIXEL = 4e-4
WAVELENGTH = 1e-10
TRUE = {"dist": 0.06, "poni1": 0.02716, "poni2": 0.0274, "rot1": 0.05, "rot2": -0.03, "rot3": 0.0}
GUESS = {"dist": 0.0606, "poni1": 0.0266, "poni2": 0.028, "rot1": 0.048, "rot2": -0.028, "rot3": 0.0}


def main():
    detector = Detector(PIXEL, PIXEL, max_shape=SHAPE)
    ai = AzimuthalIntegrator(detector=detector, wavelength=WAVELENGTH, **TRUE)
    calibrant = get_calibrant("LaB6")
    calibrant.wavelength = WAVELENGTH
    rings = calibrant.fake_calibration_image(ai, shape=SHAPE, Imax=400.0, W=1e-4)
    stack = np.stack([np.rint(20 + factor * rings) for factor in (0.5, 1.0, 2.0)]).astype(np.uint16)
    with h5py.File(HERE / "lab6.h5", "w") as file:
        file.attrs["NX_class"] = "NXroot"
        file.attrs["default"] = "entry"
        entry = file.create_group("entry")
        entry.attrs.update({"NX_class": "NXentry", "default": "data"})
        instrument = entry.create_group("instrument")
        instrument.attrs["NX_class"] = "NXinstrument"
        beam = instrument.create_group("beam")
        beam.attrs["NX_class"] = "NXbeam"
        beam["incident_wavelength"] = WAVELENGTH * 1e10
        beam["incident_wavelength"].attrs["units"] = "angstrom"
        place = instrument.create_group("detector")
        place.attrs["NX_class"] = "NXdetector"
        dataset = place.create_dataset(
            "data", data=stack, chunks=(1, *SHAPE), compression="gzip", shuffle=True
        )
        dataset.attrs["interpretation"] = "image"
        # Columns count to the right and rows down for somebody who looks along the beam.
        for name, value, units in (
            ("distance", GUESS["dist"], "m"),
            ("x_pixel_size", PIXEL, "m"),
            ("y_pixel_size", PIXEL, "m"),
            ("beam_center_x", 60.0, "pixel"),
            ("beam_center_y", 64.0, "pixel"),
        ):
            place[name] = value
            place[name].attrs["units"] = units
        data = entry.create_group("data")
        data.attrs.update({"NX_class": "NXdata", "signal": "data"})
        data["data"] = dataset
    guess = AzimuthalIntegrator(detector=detector, wavelength=WAVELENGTH, **GUESS)
    poni = HERE / "guess.poni"
    poni.unlink(missing_ok=True)
    guess.save(str(poni))
    lines = [line for line in poni.read_text().splitlines() if not line.startswith("#")]
    poni.write_text("# Where the detector is, about; made by make.py.\n" + "\n".join(lines) + "\n")
    expected = {**TRUE, "wavelength": WAVELENGTH, "pixel": PIXEL}
    (HERE / "expected.json").write_text(json.dumps(expected, indent=1) + "\n")


if __name__ == "__main__":
    main()
