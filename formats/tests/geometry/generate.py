"""Writes .poni files and what pyFAI says of every pixel of their detectors.

Usage: generate.py FOLDER
For each NAME.poni: NAME.json with the shape of a frame, and NAME.f64 with z, y (axis 1), x (axis 2), 2 theta and chi of
the centres of all pixels, [5, slow, fast] in float64.
"""

import json
import pathlib
import sys

import numpy
from pyFAI.detectors import Detector, detector_factory
from pyFAI.integrator.azimuthal import AzimuthalIntegrator

folder = pathlib.Path(sys.argv[1])


def write(name, integrator, shape, version=None):
    path = folder / f"{name}.poni"
    path.unlink(missing_ok=True)
    integrator.save(str(path))
    text = path.read_text()
    if version == 1:
        detector = integrator.detector
        keep = [line for line in text.splitlines() if not line.lower().startswith(("poni_version", "detector", "parallax"))]
        text = f"PixelSize1: {detector.pixel1}\nPixelSize2: {detector.pixel2}\nSplineFile: None\n" + "\n".join(keep) + "\n"
        path.write_text(text)
    if version == 2:
        config = json.dumps({"pixel1": integrator.detector.pixel1, "pixel2": integrator.detector.pixel2})
        lines = [line for line in text.splitlines() if not line.lower().startswith("parallax")]
        lines = ["poni_version: 2" if line.startswith("poni_version") else line for line in lines]
        lines = ["Detector_config: " + config if line.startswith("Detector_config") else line for line in lines]
        path.write_text("\n".join(lines) + "\n")
    slow, fast = numpy.mgrid[0 : shape[0], 0 : shape[1]].astype(numpy.float64)
    z, y, x = integrator.calc_pos_zyx(d1=slow, d2=fast)
    tth = numpy.arctan2(numpy.hypot(x, y), z)
    # pyFAI's own functions agree with its positions.
    assert abs(tth - integrator.tth(slow, fast)).max() < 1e-12
    chi = integrator.chi(slow, fast)
    numpy.stack([z, y, x, tth, chi]).astype("<f8").tofile(folder / f"{name}.f64")
    facts = {"shape": list(shape), "wavelength": integrator.wavelength}
    (folder / f"{name}.json").write_text(json.dumps(facts))


tilt = dict(poni1=0.031, poni2=-0.012, rot1=0.21, rot2=-0.34, rot3=1.1, wavelength=1.2e-10)
for orientation in (1, 2, 3, 4):
    detector = Detector(1e-4, 1.5e-4, max_shape=(120, 90), orientation=orientation)
    write(f"tilted_{orientation}", AzimuthalIntegrator(dist=0.2, detector=detector, **tilt), (120, 90))
plain = Detector(1e-4, 1.5e-4, max_shape=(120, 90))
write("version_1", AzimuthalIntegrator(dist=0.2, detector=plain, **tilt), (120, 90), version=1)
write("version_2", AzimuthalIntegrator(dist=0.2, detector=plain, **tilt), (120, 90), version=2)
for name in ("Pilatus100k", "Eiger500k"):
    detector = detector_factory(name)
    write(name, AzimuthalIntegrator(dist=0.05, detector=detector, **tilt), detector.max_shape)
binned = detector_factory("RayonixSx30hs")
binned.guess_binning((240, 240))
write("binned", AzimuthalIntegrator(dist=0.05, detector=binned, **tilt), (240, 240))

# What pyFAI knows of each detector by name: class, pixels, size of a pixel, evenly spaced or not.
rows = {}
for name in sorted(set(Detector.registry)):
    detector = detector_factory(name)
    if detector.max_shape is None:
        continue
    even = bool(detector.IS_FLAT and detector.uniform_pixel and detector.IS_CONTIGUOUS)
    rows[name] = [list(map(int, detector.max_shape)), [float(detector.pixel1), float(detector.pixel2)], even]
(folder / "detectors.json").write_text(json.dumps(rows))
