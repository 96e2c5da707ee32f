import pytest
from hypothesis import given
from hypothesis import strategies as st

from link.clcw import CLCW_SIZE, Clcw
from link.errors import DecodeError, TruncatedError

clcws = st.builds(
    Clcw,
    channel=st.integers(0, 63),
    report=st.integers(0, 255),
    lockout=st.booleans(),
    wait=st.booleans(),
    retransmit=st.booleans(),
    farm_b=st.integers(0, 3),
    no_rf=st.booleans(),
    no_bit_lock=st.booleans(),
    status=st.integers(0, 7),
    cop=st.integers(0, 3),
    reserved=st.integers(0, 7),
)


@given(clcws, st.binary())
def test_decode_inverts_encode(clcw, tail):
    assert Clcw.decode(clcw.encode() + tail) == clcw
    assert Clcw.from_word(clcw.word) == clcw


@given(st.binary(max_size=8))
def test_decode_is_total(octets):
    try:
        clcw = Clcw.decode(octets)
    except DecodeError:
        return
    assert octets.startswith(clcw.encode())


@pytest.mark.parametrize("size", range(CLCW_SIZE))
def test_truncation(size):
    with pytest.raises(TruncatedError):
        Clcw.decode(bytes(size))


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
