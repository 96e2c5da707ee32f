"""The soak of many apps: a short one is flat, and one that keeps what it should forget is not."""

import pytest

from benchmarks import soak
from hal.vitals import Vitals


@pytest.fixture
def readings(monkeypatch):
    """Have the soak read these values of memory, in MiB, and of descriptors."""

    def give(*values):
        found = iter([Vitals(resident_octets=round(mib * 2**20), descriptors=count) for mib, count in values])
        monkeypatch.setattr(soak, "reading", lambda: next(found))

    return give


def test_every_app_steps_and_a_flat_memory_passes(readings, capsys):
    readings((100, 9), (100.9, 9))
    assert soak.main(["--hours", "0.002", "--warm", "0.001", "--apps", "3"]) == 0
    assert capsys.readouterr().out.splitlines()[-1].startswith("3 apps, 80 steps each of 72: flat")


@pytest.mark.parametrize("end", [(101.1, 9), (100, 10)])
def test_growth_and_another_descriptor_do_not_pass(readings, end):
    readings((100, 9), end)
    assert soak.main(["--hours", "0.002", "--warm", "0.001", "--apps", "1"]) == 1


def test_what_is_read_is_this_process():
    reading = soak.reading()
    assert reading.resident_octets > 1 << 20
    assert reading.descriptors > 2
