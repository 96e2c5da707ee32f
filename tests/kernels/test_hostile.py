"""Whatever stands in the place of an argument, a face gives the right answer or refuses it by exception."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from kernels.coding import fields, packets, sync
from kernels.library import ffi
from kernels.science import channelize
from tests.kernels.hostile import Face, complaints, faces

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("face", list(faces()), ids=lambda face: face.name)
def test_the_answer_or_a_refusal(face: Face):
    assert list(complaints(face)) == []


@pytest.mark.slow
def test_also_where_assertions_are_left_out():
    found = subprocess.run(
        [sys.executable, "-O", "-m", "tests.kernels.hostile"], cwd=ROOT, check=False, capture_output=True, text=True
    )
    assert found.returncode == 0, found.stdout + found.stderr


def test_no_face_leaves_a_check_to_assert():
    for path in sorted((ROOT / "hal" / "kernels").glob("*.py")):
        assert "\n    assert " not in path.read_text(encoding="utf-8"), path


@pytest.mark.parametrize(
    ("record", "name"),
    [
        (sync.HIT, "sr_sync_hit"),
        (packets.PACKET, "sr_packet"),
        (fields.FIELD, "sr_field"),
        (channelize.BURST, "sr_burst"),
    ],
)
def test_records_are_laid_out_as_in_the_header(record: np.dtype, name: str):
    there = {field: (part.offset, ffi.sizeof(part.type)) for field, part in ffi.typeof(f"struct {name}").fields}
    here = {field: (record.fields[field][1], record.fields[field][0].itemsize) for field in record.names}
    assert here == there
    assert record.itemsize == ffi.sizeof(f"struct {name}")
