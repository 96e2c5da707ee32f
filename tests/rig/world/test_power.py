"""The power of a simulated computer: its end is told once, and nothing that runs on it goes on."""

import pytest

from rig.world.power import Power, PowerCut


def test_the_cut_is_told_once_while_the_computer_still_runs():
    told = []
    power = Power(lambda: told.append(power.is_on))
    power.check()
    power.cut()
    power.cut()
    assert told == [True]
    with pytest.raises(PowerCut):
        power.check()


def test_code_that_catches_every_exception_does_not_go_on():
    assert not issubclass(PowerCut, Exception)
