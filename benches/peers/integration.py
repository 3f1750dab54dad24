"""The peer of benches/integration.rs: times pyFAI's CSR on the frames of eiger_*.h5 of formats.py.

    python integration.py FILE u32|f32 SPLIT FRAMES

Prints one JSON object with CPU and wall milliseconds of one frame, on one thread; reading is left out.
"""

import json
import logging
import os
import resource
import sys
import time

os.environ["OMP_NUM_THREADS"] = "1"

import h5py
import hdf5plugin  # noqa: F401
import numpy as np

logging.disable(logging.WARNING)

from pyFAI.detectors import Detector
from pyFAI.integrator.azimuthal import AzimuthalIntegrator


def main():
    path, kind, split, frames = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
    with h5py.File(path, "r", locking=False) as file:
        stack = file["entry/data/data"][:8]
    no_data = np.iinfo(stack.dtype).max
    mask = (stack[0] == no_data).astype(np.int8)
    if kind == "f32":
        stack = stack.astype(np.float32)
        no_data = float(np.float32(no_data))
    shape = stack.shape[1:]
    detector = Detector(75e-6, 75e-6, max_shape=shape)
    ai = AzimuthalIntegrator(dist=0.2, poni1=0.0825, poni2=0.07725, detector=detector, wavelength=1e-10)

    def integrate(index):
        return ai.integrate1d_ng(
            stack[index % len(stack)], 1000, unit="q_nm^-1", mask=mask, dummy=float(no_data), method=(split, "csr", "cython")
        )

    checked = integrate(1)
    before, start = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
    for index in range(frames):
        integrate(index)
    wall = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_SELF)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(json.dumps({"cpu_ms": cpu / frames * 1e3, "wall_ms": wall / frames * 1e3, "sum": float(np.nansum(checked.intensity))}))
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
