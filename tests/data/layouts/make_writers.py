"""Files by the writers of the facilities themselves, with what h5py reads of them.

Diamond: nexgen 0.11 (NXmx over Eiger files, a virtual dataset through links of its own file, and a _vds file);
ESRF: nxtomo 3.1 (NXtomo whose frames are virtual over a file of the detector, and two of them joined);
The virtual files of EXtra-data name their sources by absolute paths and can not be moved, so none is here.

Run: pip install h5py hdf5plugin nexgen; python make_writers.py; and again with nxtomo, which wants other
versions. A part whose writer is not installed is left as it is.
"""

import json
import pathlib
import sys
import zlib

import h5py
import numpy as np

RNG = np.random.default_rng(20261121)
HERE = pathlib.Path(__file__).parent


def crc(array):
    array = np.ascontiguousarray(array)
    return zlib.crc32(array.astype(array.dtype.newbyteorder("<")).tobytes())


def row(file, path):
    with h5py.File(file, "r", locking=False) as f:
        data = f[path][()]
    return {"shape": list(data.shape), "crc": crc(data)}


def diamond(folder):
    import hdf5plugin
    import nexgen.nxs_write.nxmx_writer as writer
    import nexgen.tools.vds_tools as vds
    from nexgen.nxs_utils import Attenuator, Axis, Beam, Detector, EigerDetector, Goniometer, Source

    writer.MAX_FRAMES_PER_DATASET = vds.MAX_FRAMES_PER_DATASET = 4
    frames = RNG.poisson(3.0, (10, 6, 8)).astype("u2")
    for part in range(3):
        with h5py.File(folder / f"protein_1_{part + 1:06}.h5", "w", libver="latest") as f:
            f.create_dataset("data", data=frames[4 * part : 4 * part + 4], chunks=(1, 6, 8), **hdf5plugin.Bitshuffle(cname="lz4"))
    with h5py.File(folder / "protein_1_meta.h5", "w") as f:
        f["mask"] = np.zeros((6, 8), "u4")
        f["flatfield"] = np.ones((6, 8), "f4")
    eiger = EigerDetector("Eiger 2X 16M", (6, 8), "Si", 46051, 0)
    detector = Detector(eiger, [Axis("det_z", ".", "translation", (0, 0, 1), start_pos=150.0)], [4.0, 3.0], 0.01, [(-1, 0, 0), (0, -1, 0)])
    goniometer = Goniometer([Axis("omega", ".", "rotation", (-1, 0, 0), start_pos=0.0, increment=0.1, num_steps=10)])
    made = writer.NXmxFileWriter(folder / "protein_1.nxs", goniometer, detector, Source("I03"), Beam(0.976), Attenuator(0.1), 10)
    made.write(write_mode="w", start_time="2026-11-21T10:00:00Z")
    made.write_vds(vds_shape=(10, 6, 8))
    # The other way of Diamond: the virtual dataset is in a file of its own.
    with h5py.File(folder / "frames_vds.h5", "w") as f:
        layout = h5py.VirtualLayout((10, 6, 8), "u2")
        for part in range(3):
            source = h5py.VirtualSource(f"protein_1_{part + 1:06}.h5", "data", (min(4, 10 - 4 * part), 6, 8))
            layout[4 * part : 4 * part + 4] = source
        f.create_virtual_dataset("data", layout, fillvalue=-1)
    with h5py.File(folder / "frames.nxs", "w") as f:
        f["entry/data/data"] = h5py.ExternalLink("frames_vds.h5", "data")
        f["entry"].attrs.update(NX_class="NXentry", default="data")
        f["entry/data"].attrs.update(NX_class="NXdata", signal="data")
    expected = row(folder / "protein_1.nxs", "entry/data/data")
    assert expected["crc"] == crc(frames), "h5py reads what was written"
    return expected


def esrf(folder):
    import pint
    from nxtomo.application.nxtomo import NXtomo
    from nxtomo.nxobject.nxdetector import ImageKey
    from silx.io.url import DataUrl

    unit = pint.get_application_registry()
    made = []
    expected = {}
    for scan in range(2):
        images = folder / f"scan{scan:04}"
        images.mkdir(exist_ok=True)
        counts = RNG.integers(0, 1 << 16, (8, 5, 6), dtype="u2")
        camera = images / "pcolinux_0000.h5"
        with h5py.File(camera, "w") as f:
            f.create_dataset("entry_0000/measurement/data", data=counts, chunks=(1, 5, 6))
        tomo = NXtomo()
        tomo.title = f"scan {scan}"
        tomo.instrument.detector.data = [DataUrl(file_path=str(camera), data_path="/entry_0000/measurement/data", scheme="silx", data_slice=slice(0, 8))]
        keys = [ImageKey.DARK_FIELD, ImageKey.FLAT_FIELD] + [ImageKey.PROJECTION] * 5 + [ImageKey.FLAT_FIELD]
        tomo.instrument.detector.image_key_control = keys
        tomo.sample.rotation_angle = np.array([0, 0, 0, 45, 90, 135, 180, 180]) * unit.degree
        tomo.instrument.detector.x_pixel_size = tomo.instrument.detector.y_pixel_size = 6.5e-6 * unit.meter
        tomo.instrument.beam.incident_energy = 60 * unit.keV
        path = folder / f"tomo_{scan}.nx"
        tomo.save(str(path), "entry0000", overwrite=True)
        made.append((path, tomo))
        expected[path.name] = row(path, "entry0000/instrument/detector/data")
        assert expected[path.name]["crc"] == crc(counts), "h5py reads what was written"
    loaded = [NXtomo().load(str(path), "entry0000", detector_data_as="as_virtual_source") for path, _ in made]
    joined = NXtomo.concatenate(loaded)
    joined.save(str(folder / "joined.nx"), "entry0000", overwrite=True)
    expected["joined.nx"] = row(folder / "joined.nx", "entry0000/instrument/detector/data")
    return expected


def main(expected_path):
    whole = json.loads(expected_path.read_text())
    found = whole.setdefault("writers", {})
    for write in [diamond, esrf]:
        folder = HERE / "writers" / write.__name__
        folder.mkdir(parents=True, exist_ok=True)
        try:
            found[write.__name__] = write(folder)
        except ImportError as error:
            print("left as it is: %s: %s" % (write.__name__, error), file=sys.stderr)
    expected_path.write_text(json.dumps(whole, indent=1, sort_keys=True) + "\n")


if __name__ == "__main__":
    main(HERE / "expected.json")
