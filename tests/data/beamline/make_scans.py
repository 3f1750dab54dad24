"""Writes small SPEC and .fio scans, and what silx reads from them.

Needs numpy and silx. Run it in this folder; the files are the same on every run.
"""

import json

import numpy
from silx.io.fioh5 import FioH5
from silx.io.spech5 import SpecH5

RANDOM = numpy.random.default_rng(20240608)
EXPECTED = {}


def rows(count, width):
    """Numbers as SPEC writes them, with all the digits that matter for some."""
    table = RANDOM.normal(0, 1, (count, width)) * 10.0 ** RANDOM.integers(-12, 12, (count, width))
    return "".join(" ".join(repr(float(value)) for value in row) + "\n" for row in table)


def mca(channels):
    """A spectrum over lines of 8 channels."""
    counts = [str(count) for count in RANDOM.poisson(20, channels)]
    lines = [" ".join(counts[at:at + 8]) for at in range(0, channels, 8)]
    return "@A " + "\\\n ".join(lines) + "\n"


def spec():
    head = "#F scans.spec\n#E 1455180875\n#D Thu Feb 11 09:54:35 2016\n#C fourc  User = opid17\n"
    head += "#O0 Pslit HGap  MRTSlit UP  th\n#O1 Sslit1/VOff  tth\n\n"
    start = "#D Thu Feb 11 09:55:20 2016\n#P0 180.005 -0.66875 0.1\n#P1 -2.5e-3 31\n"
    text = head
    text += "#S 1  ascan  th 0.1 2 4 1\n" + start + "#N 4\n#L th  Epoch  ion chamber/1  det\n" + rows(5, 4) + "\n"
    text += "#S 25  loopscan 3\n#D Tue Feb 16 01:02:03 2016\n#P0 1 2 3\n#P1 4 5\n#N 2\n#L Time  det\n" + rows(3, 2) + "\n"
    points = "".join(mca(20) + rows(1, 2) for _ in range(3))
    text += "#S 1  ascan  th 0 1 2 1\n" + start + "#@MCA %20C\n#@CHANN 20 0 19 1\n#@CALIB 0 1 0\n"
    text += "#N 2\n#L th  det\n" + points + "\n"
    text += "#S 2  ascan  tth 0 1 2 1\n" + start + "#N 3\n#L tth  det  mon\n" + rows(4, 3) + "#C stopped by hand\n"
    return text


FIO = """!
! Comments
!
%c
ascan exp_dmy01 0.0 1.0 5 0.1
user tester acquisition started at Thu Jun  6 10:11:12 2024
!
! Parameter
!
%p
exp_dmy01 = 1.5
exp_dmy02 = -2.25e-3
ENERGY = 8979.0
!
! Data
!
%d
 Col 1 exp_dmy01 DOUBLE
 Col 2 sig_gen/1 DOUBLE
 Col 3 point_nb INTEGER
"""


def write(name, text):
    with open(name, "wb") as file:
        file.write(text.encode())


def expect(name, reader):
    """Notes titles, times and all numbers of a file; silx holds those of SPEC as float32."""
    scans = {}
    with reader(name) as file:
        for key in file.keys():
            entry = file[key]
            numbers = {}
            for folder in ["measurement", "instrument/positioners"]:
                for item in entry[folder].keys() if folder in entry else []:
                    node = entry[f"{folder}/{item}"]
                    if item.startswith("mca_"):
                        item, node = f"{item}/data", node["data"]
                    if not hasattr(node, "shape"):
                        continue
                    values = numpy.asarray(node[()])
                    numbers[f"{folder}/{item}"] = {
                        "shape": list(values.shape), "values": [repr(float(value)) for value in values.ravel()],
                        "dtype": str(values.dtype)}
            text = {part: entry[part][()] for part in ["title", "start_time"]}
            text = {part: value.decode() if isinstance(value, bytes) else str(value) for part, value in text.items()}
            scans[key] = {**text, "numbers": numbers}
    EXPECTED[name] = scans


if __name__ == "__main__":
    text = spec()
    write("scans.spec", text)
    expect("scans.spec", SpecH5)
    write("windows.dat", text.replace("\n", "\r\n"))
    EXPECTED["windows.dat"] = EXPECTED["scans.spec"]
    # The last line is cut inside its second number.
    write("cut_scan.spec", "#S 1  ascan\n#D Sat Feb  6 01:02:03 2016\n#N 3\n#L a  b\tc\n1 2 3\n4 5")
    write("no_labels.spec", "#S 1  ascan\n1 2 3\n4 x 6\n7 8 9 10\n")
    lines = "".join(f" {row.strip()} {at}\n" for at, row in enumerate(rows(6, 2).splitlines()))
    write("scan_00056.fio", FIO + lines)
    expect("scan_00056.fio", FioH5)
    with open("expected_scans.json", "w") as file:
        json.dump(EXPECTED, file, indent=0)
        file.write("\n")
