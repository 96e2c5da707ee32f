import pytest
from hypothesis import given
from hypothesis import strategies as st

from link.errors import DecodeError, TruncatedError
from link.time.binary import Cds, Cuc, code_of
from link.time.calendar import Ccs
from link.time.leap_seconds import DAY_NS, IERS, NS
from tests.link.time.times import utc_ns

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


def test_cuc_preambles():
    """By hand from §3.2.1: 4 + 3 octets since 1958; 7 + 10 octets since an agency's epoch."""
    assert Cuc(4, 3).preamble == b"\x1f"
    assert Cuc(7, 10, 5).preamble == bytes([0b1010_1111, 0b0_11_111_00])


cdss = st.builds(Cds, st.sampled_from([2, 3]), st.sampled_from([0, 2, 4]), st.integers(-20000, 20000))


@given(cdss, st.data())
def test_cds_times_survive(cds, data):
    """Of any day that it can say: before 1970, after 2100, the last nanosecond before midnight."""
    first = cds.epoch_day * DAY_NS
    time_ns = data.draw(st.integers(first, first + 256**cds.day_octets * DAY_NS - 1))
    tick_ns = {0: 10**6, 2: 1000, 4: 1}[cds.fine_octets]
    assert cds.decode(cds.encode(time_ns) + b"tail") == time_ns - time_ns % tick_ns


@given(cdss, st.binary(max_size=12))
def test_cds_is_total(cds, octets):
    try:
        time_ns = cds.decode(octets)
    except DecodeError:
        return
    leap_second = int.from_bytes(octets[cds.day_octets : cds.day_octets + 4]) >= 86_400_000
    picoseconds = cds.fine_octets == 4 and int.from_bytes(octets[cds.size - 4 : cds.size]) % 1000
    assert leap_second or picoseconds or octets.startswith(cds.encode(time_ns))


def test_cds_vectors():
    """By hand: day 4383 is 1970-01-01; day 0 at noon is before 1970; 2100-01-01 is day 51865."""
    assert Cds().encode(0) == bytes.fromhex("111f 00000000")
    assert Cds().decode(bytes.fromhex("0000 02932e00")) == utc_ns("1958-01-01T12:00:00")
    assert Cds().encode(utc_ns("2100-01-01T00:00:00")) == bytes.fromhex("ca99 00000000")
    assert Cds(3, 4, 0).encode(DAY_NS - 1) == bytes.fromhex("000000 05265bff 3b9ac618")


def test_cds_leap_second():
    """2016-12-31T23:59:60.5 reads as half a second past midnight."""
    day = (utc_ns("2016-12-31T00:00:00") // DAY_NS + 4383).to_bytes(2)
    assert Cds().decode(day + (86_400_500).to_bytes(4)) == utc_ns("2017-01-01T00:00:00") + NS // 2
    with pytest.raises(DecodeError, match="no time of day"):
        Cds().decode(day + (86_401_000).to_bytes(4))
    with pytest.raises(DecodeError, match="no time of day"):
        Cds(2, 2).decode(day + bytes(4) + (1000).to_bytes(2))


@pytest.mark.parametrize("time_ns", [-4384 * DAY_NS, (65536 - 4383) * DAY_NS])
def test_cds_range(time_ns):
    with pytest.raises(ValueError, match="does not fit"):
        Cds().encode(time_ns)


@pytest.mark.parametrize(("day", "fine"), [(1, 0), (4, 0), (2, 1), (2, 3)])
def test_cds_widths(day, fine):
    with pytest.raises(ValueError, match="CDS of"):
        Cds(day, fine)


@given(st.builds(Cuc, st.integers(1, 7), st.integers(0, 10), st.sampled_from([-4383 * DAY_NS, 77])))
def test_a_preamble_names_its_cuc(cuc):
    assert code_of(cuc.preamble + b"tail", agency_epoch_ns=77) == (cuc, len(cuc.preamble))


@given(cdss | st.builds(Ccs, st.booleans(), st.integers(0, 6)))
def test_a_preamble_names_its_code(code):
    agency_epoch_ns = code.epoch_day * DAY_NS if isinstance(code, Cds) else 0
    assert code_of(code.preamble, agency_epoch_ns=agency_epoch_ns) == (code, 1)


@given(st.binary(max_size=3))
def test_preambles_are_total(octets):
    try:
        code, size = code_of(octets)
    except DecodeError:
        return
    assert size <= len(octets)
    assert code.preamble == octets[:size] or size == 2


@pytest.mark.parametrize("octets", ["", "60", "43", "57", "9f", "9f80", "9f01", "c0", "d0"])
def test_what_no_preamble_is(octets):
    with pytest.raises(DecodeError):
        code_of(bytes.fromhex(octets))


@pytest.mark.parametrize(("code", "given"), [(Cuc(), 6), (Cds(), 5), (Cds(3, 4), 0)])
def test_what_is_missing(code, given):
    with pytest.raises(TruncatedError) as caught:
        code.decode(bytes(given))
    assert (caught.value.needed, caught.value.given) == (code.size, given)


def test_the_last_tick_of_a_cuc():
    short = Cuc(1, 0)
    last = short.decode(b"\xff")
    assert short.encode(last) == b"\xff"
    with pytest.raises(ValueError, match="does not fit"):
        short.encode(last + NS)


def test_picoseconds_are_cut():
    assert Cds(2, 4).decode(Cds(2, 4).encode(7)[:-4] + (7999).to_bytes(4)) == 7
    assert type(Cds(2, 4).decode(bytes(10))) is int


def test_an_agency_epoch_of_days():
    code, _ = code_of(b"\x48", agency_epoch_ns=5 * DAY_NS)
    assert code == Cds(epoch_day=5)
    assert type(code.epoch_day) is int
    assert code_of(b"\x41", agency_epoch_ns=5 * DAY_NS)[0] == Cds(fine_octets=2)


@pytest.mark.parametrize(
    ("octets", "why"),
    [("60", "0x60 names no"), ("43", "0x43: reserved"), ("57", "0x57: reserved"), ("9f80", "0x9f 0x80: a third octet")],
)
def test_why_it_is_no_preamble(octets, why):
    with pytest.raises(DecodeError, match=why):
        code_of(bytes.fromhex(octets))


def test_an_agencys_epoch_is_1970_unless_told():
    assert code_of(Cuc(4, 3, 0).preamble)[0] == Cuc(4, 3, 0)
