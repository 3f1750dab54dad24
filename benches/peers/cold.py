"""A picture of one frame by a process that begins from nothing, for benches/formats.rs.

    python cold.py draw FILE DATASET PICTURE
    python cold.py time COMMAND...

`draw` is what a scientist writes: h5py reads the frame, matplotlib draws it. `time` runs a command and
prints one JSON object with the CPU and wall milliseconds that it took, of all its processes.
"""

import json
import resource
import subprocess
import sys
import time


def draw(path, dataset, picture):
    import h5py
    import hdf5plugin  # noqa: F401, registers the filters
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt
    import numpy as np

    with h5py.File(path, "r", locking=False) as file:
        frame = file[dataset][0]
    # Gaps hold the largest value; they would take the whole range.
    frame = np.ma.masked_equal(frame, np.iinfo(frame.dtype).max)
    low, high = np.percentile(frame.compressed(), (1, 99.8))
    plt.imsave(picture, frame, vmin=low, vmax=high)


def measure(command):
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    wall = time.perf_counter() - start
    if done.returncode != 0:
        sys.exit(done.stderr)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(json.dumps({"cpu_ms": cpu * 1e3, "wall_ms": wall * 1e3, "crc": 0}))


if __name__ == "__main__":
    if sys.argv[1] == "draw":
        draw(*sys.argv[2:])
    else:
        measure(sys.argv[2:])
