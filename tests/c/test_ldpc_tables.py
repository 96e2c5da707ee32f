import subprocess
import sys
from itertools import combinations_with_replacement
from pathlib import Path

import pytest

from tests.kernels.coding.sum_product import codes

FOLDER = Path(__file__).parents[2] / "csrc/src/ldpc"


def test_tables_are_what_their_generator_writes():
    written = subprocess.run([sys.executable, FOLDER / "make_tables.py"], capture_output=True, text=True, check=True)
    assert written.stdout == (FOLDER / "tables.c").read_text()


@pytest.mark.parametrize("code", [code for code in codes() if "2_3" not in code.name and "4_5" not in code.name])
def test_no_two_checks_share_two_bits(code):
    """The shortest cycles have six edges; only AR4JA codes of higher rates have a few of four."""
    for a, b in combinations_with_replacement(code.checks, 2):
        shared = [(s - t) % code.size for c, s in a for d, t in b if c == d and (a is not b or s != t)]
        assert len(shared) == len(set(shared))


def test_weights_are_those_of_the_standards():
    c2 = next(code for code in codes() if code.name == "c2")
    assert {len(row) for row in c2.checks} == {32}
    for code in codes():
        if code.name.startswith("ar4ja"):
            assert sorted({len(row) for row in code.checks}) == [3, 2 * (code.columns // 4 - 2)]
