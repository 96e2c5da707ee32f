"""What fails, fails alone."""

import pytest

from ground.station.duties import Duties
from hal.port import PortClosed


def fail(duties, error):
    with duties.alone("drawing"):
        raise error


def test_each_kind_of_failure_is_told_once_and_every_one_counted(caplog):
    told = []
    duties = Duties(told.append)
    for _ in range(3):
        fail(duties, KeyError("x"))
        fail(duties, ValueError("y"))
    assert duties.failed == {"drawing": 6}
    assert told == [
        "drawing: KeyError: 'x'; further ones are only counted.",
        "drawing: ValueError: y; further ones are only counted.",
    ]
    assert [record.exc_info[0] for record in caplog.records] == [KeyError, ValueError]
    assert [record.getMessage() for record in caplog.records] == ["drawing failed; the rest goes on"] * 2


def test_the_loss_of_the_port_is_not_held_up():
    with pytest.raises(PortClosed):
        fail(Duties(), PortClosed("gone"))


def test_what_is_told_is_bounded():
    told = []
    duties = Duties(told.append)
    for number in range(100):
        with duties.alone(f"duty {number}"):
            raise KeyError
    assert (len(told), duties.failed.total()) == (20, 100)
