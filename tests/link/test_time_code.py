import pytest
from hypothesis import given
from hypothesis import strategies as st

from link.errors import TruncatedError
from link.leap_seconds import IERS, NS
from link.time_code import Cuc

cucs = st.builds(Cuc, st.integers(1, 7), st.integers(0, 3), st.integers(-(10**18), 10**18))


@given(cucs, st.data())
def test_cuc_octets_survive(cuc, data):
    """Up to three octets of fraction, a tick is longer than a nanosecond, so nothing is lost on the way."""
    octets = data.draw(st.binary(min_size=cuc.size, max_size=cuc.size))
    first_leap = IERS.steps_utc_ns[0]
    time_ns = cuc.decode(octets + b"tail")
    leaping = any(0 <= time_ns - step < NS for step in IERS.steps_utc_ns) and time_ns >= first_leap
    assert leaping or cuc.encode(time_ns) == octets


@given(st.builds(Cuc, st.integers(4, 7), st.integers(0, 10)), st.integers(0, 39 * 10**17))
def test_cuc_loses_less_than_a_tick(cuc, time_ns):
    late_ns = time_ns - cuc.decode(cuc.encode(time_ns))
    assert 0 <= late_ns <= NS >> 8 * cuc.fine_octets or late_ns == 0


def test_cuc_vector():
    """By hand: 1970-01-01 is 4383 days after 1958-01-01 and TAI was 10 s ahead by our rule: 378691210.5 s."""
    assert Cuc(4, 1).encode(NS // 2) == (378_691_210).to_bytes(4, "big") + b"\x80"
    assert Cuc(4, 0).decode(bytes(4)) == (-378_691_200 - 10) * NS


@pytest.mark.parametrize("size", range(7))
def test_cuc_truncation(size):
    with pytest.raises(TruncatedError):
        Cuc().decode(bytes(size))


@pytest.mark.parametrize("time_ns", [-378_691_211 * NS, 4 * 10**18])
def test_cuc_range(time_ns):
    with pytest.raises(ValueError, match="does not fit"):
        Cuc().encode(time_ns)


@pytest.mark.parametrize(("coarse", "fine"), [(0, 1), (8, 1), (4, 11), (4, -1)])
def test_cuc_widths(coarse, fine):
    with pytest.raises(ValueError, match="CUC of"):
        Cuc(coarse, fine)
