"""numpy comes when it is used, and is then the same."""

import subprocess
import sys

import numpy
import pytest

from kernels.late import np
from tests.house.sources import ROOT

CODE = """
import sys
from kernels.late import np
from kernels.coding.crc import crc16, crc32c
before = "numpy" in sys.modules
same = crc16(memoryview(b"123456789")) == crc16(bytearray(b"123456789")) == 0x29B1
between = "numpy" in sys.modules
print(before, same, between, np.zeros(3).sum(), "numpy" in sys.modules, "zeros" in vars(np))
"""


def test_it_is_imported_at_the_first_use_only():
    said = subprocess.run([sys.executable, "-c", CODE], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert said.split() == ["False", "True", "False", "0.0", "True", "True"]


def test_it_gives_what_numpy_gives():
    assert np.ndarray is numpy.ndarray
    assert np.lib.format is numpy.lib.format
    with pytest.raises(AttributeError):
        np.no_such_name  # noqa: B018
