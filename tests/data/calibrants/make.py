"""Frames of calibrants on a tilted detector, by pyFAI's own generator: lab6.h5, guess.poni, expected.json, agbehenate.h5.

    python make.py        (numpy, h5py, pyFAI 2026.9)

Three frames of 128 x 120 pixels without noise, of which each is brighter than the one before; the file says where its
pixels are as the instrument was planned, and expected.json where they really are. Our own data.

agbehenate.h5 has a frame of 208 x 200 pixels of silver behenate with the noise of counting, /entry, and another one
after the detector was moved back by 3 mm, /later; both say the place that was planned.
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


AGBH_SHAPE = (208, 200)
AGBH_PIXEL = 3e-4
AGBH_TRUE = {"dist": 0.3, "poni1": 0.0305, "poni2": 0.0285, "rot1": 0.02, "rot2": -0.015, "rot3": 0.0}
AGBH_GUESS = {"dist": 0.304, "beam_center_x": 75.6, "beam_center_y": 85.3}


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


def agbehenate():
    detector = Detector(AGBH_PIXEL, AGBH_PIXEL, max_shape=AGBH_SHAPE)
    random = np.random.default_rng(11)
    with h5py.File(HERE / "agbehenate.h5", "w") as file:
        file.attrs["NX_class"] = "NXroot"
        file.attrs["default"] = "entry"
        for name, moved in (("entry", 0.0), ("later", 3e-3)):
            true = AGBH_TRUE | {"dist": AGBH_TRUE["dist"] + moved}
            ai = AzimuthalIntegrator(detector=detector, wavelength=WAVELENGTH, **true)
            calibrant = get_calibrant("AgBh")
            calibrant.wavelength = WAVELENGTH
            rings = calibrant.fake_calibration_image(ai, shape=AGBH_SHAPE, Imax=1.0, W=2e-6)
            angle = ai.center_array(AGBH_SHAPE, unit="2th_rad")
            # The rings become weaker outwards, over what the air scatters.
            mean = (250 * rings + 40) * np.exp(-angle / 0.06) + 3
            entry = file.create_group(name)
            entry.attrs.update({"NX_class": "NXentry", "default": "data"})
            instrument = entry.create_group("instrument")
            instrument.attrs["NX_class"] = "NXinstrument"
            beam = instrument.create_group("beam")
            beam.attrs["NX_class"] = "NXbeam"
            beam["incident_wavelength"] = WAVELENGTH * 1e10
            beam["incident_wavelength"].attrs["units"] = "angstrom"
            place = instrument.create_group("detector")
            place.attrs["NX_class"] = "NXdetector"
            counts = random.poisson(mean).astype(np.uint16)
            dataset = place.create_dataset("data", data=counts, chunks=AGBH_SHAPE, compression="gzip", shuffle=True)
            dataset.attrs["interpretation"] = "image"
            for field, value, units in (
                ("distance", AGBH_GUESS["dist"], "m"),
                ("x_pixel_size", AGBH_PIXEL, "m"),
                ("y_pixel_size", AGBH_PIXEL, "m"),
                ("beam_center_x", AGBH_GUESS["beam_center_x"], "pixel"),
                ("beam_center_y", AGBH_GUESS["beam_center_y"], "pixel"),
            ):
                place[field] = value
                place[field].attrs["units"] = units
            data = entry.create_group("data")
            data.attrs.update({"NX_class": "NXdata", "signal": "data"})
            data["data"] = dataset


if __name__ == "__main__":
    main()
    agbehenate()
