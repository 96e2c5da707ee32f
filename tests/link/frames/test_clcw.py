import pytest

from link.errors import DecodeError
from link.frames.clcw import Clcw


def test_words():
    clcw = Clcw(channel=1, report=0, lockout=True, farm_b=1)
    assert clcw.word == 0x01042200
    assert Clcw.from_word(0x01042200) == clcw


def test_vector():
    """By hand from §4.2.1: channel 1, COP-1, lockout, one bypass frame, N(R) = 0; heard from ESA's Hera."""
    assert Clcw(channel=1, report=0, lockout=True, farm_b=1).encode() == bytes.fromhex("01042200")


@pytest.mark.parametrize("octets", ["81042200", "21042200"])
def test_other_reports_are_refused(octets):
    with pytest.raises(DecodeError, match="no CLCW"):
        Clcw.decode(bytes.fromhex(octets))


@pytest.mark.parametrize("field", ["channel", "report", "farm_b", "status", "cop", "reserved"])
def test_range(field):
    with pytest.raises(ValueError, match=field):
        Clcw(**{"channel": 0, "report": 0, field: 256}).encode()
