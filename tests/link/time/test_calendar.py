import pytest
from hypothesis import given
from hypothesis import strategies as st

from link.errors import DecodeError, TruncatedError
from link.time.calendar import Ccs, decode_ascii, encode_ascii
from link.time.leap_seconds import NS
from tests.link.time.times import utc_ns

FIRST_NS, END_NS = utc_ns("0001-01-01T00:00:00"), utc_ns("9999-12-31T23:59:59") + NS
times = st.integers(FIRST_NS, END_NS - 1)
ccss = st.builds(Ccs, st.booleans(), st.integers(0, 6))


@given(ccss, times, st.binary())
def test_ccs_times_survive(ccs, time_ns, tail):
    tick_ns = max(10 ** (9 - 2 * ccs.fine_octets), 1) if ccs.fine_octets < 5 else 1
    assert ccs.decode(ccs.encode(time_ns) + tail) == time_ns - time_ns % tick_ns


@given(ccss, st.binary(max_size=14) | times.map(lambda t: Ccs(False, 6).encode(t)))
def test_ccs_is_total(ccs, octets):
    try:
        time_ns = ccs.decode(octets)
    except DecodeError:
        return
    assert ccs.fine_octets >= 5 or octets[6] == 0x60 or octets.startswith(ccs.encode(time_ns))


@given(times, st.booleans(), st.integers(0, 9))
def test_ascii_times_survive(time_ns, day_of_year, decimals):
    text = encode_ascii(time_ns, day_of_year=day_of_year, decimals=decimals)
    assert decode_ascii(text) == decode_ascii(text[:-1]) == time_ns - time_ns % 10 ** (9 - decimals)


@given(
    st.binary(max_size=30)
    | times.map(encode_ascii).flatmap(lambda t: st.integers(0, 23).map(lambda n: t[:n] + b"9" + t[n + 1 :]))
)
def test_ascii_is_total(octets):
    try:
        decode_ascii(octets)
    except DecodeError:
        return


@given(times)
def test_the_standard_library_agrees(time_ns):
    assert utc_ns(encode_ascii(time_ns, decimals=6).decode().rstrip("Z")) == time_ns // 1000 * 1000


def test_vectors():
    """The examples of §3.5.1, and the same moment in CCS by hand."""
    moment = utc_ns("1988-01-18T17:20:43.123456")
    assert encode_ascii(moment, decimals=6) == b"1988-01-18T17:20:43.123456Z"
    assert encode_ascii(moment, day_of_year=True, decimals=6) == b"1988-018T17:20:43.123456Z"
    assert encode_ascii(moment, decimals=0) == b"1988-01-18T17:20:43Z"
    assert Ccs(fine_octets=3).encode(moment) == bytes.fromhex("1988 01 18 17 20 43 123456")
    assert Ccs(day_of_year=True).encode(moment) == bytes.fromhex("1988 0018 17 20 43")
    assert (Ccs(fine_octets=3).preamble, Ccs(day_of_year=True).preamble) == (b"\x53", b"\x58")


def test_the_leap_second():
    after = utc_ns("2017-01-01T00:00:00")
    assert decode_ascii(b"2016-12-31T23:59:60.5Z") == after + NS // 2
    assert Ccs().decode(bytes.fromhex("2016 1231 235960")) == after


@pytest.mark.parametrize(
    "text",
    [
        "2001-02-29T00:00:00", "2001-366T00:00:00", "2001-000T00:00:00", "2000-13-01T00:00:00", "2000-01-01T24:00:00",
        "2000-01-01T00:60:00", "2000-01-01T00:00:61", "2000-01-01T00:00:60", "2000-01-01 00:00:00", "",
    ],
)  # fmt: skip
def test_what_is_no_time(text):
    with pytest.raises(DecodeError, match=r"is no|has no|neither"):
        decode_ascii(text.encode())


@pytest.mark.parametrize("octets", ["2000 010a 000000", "2000 1301 000000"])
def test_what_is_no_ccs_time(octets):
    with pytest.raises(DecodeError, match=r"2000010a000000 are not|2000-13-01 is no"):
        Ccs().decode(bytes.fromhex(octets))


def test_truncation():
    for size in range(7):
        with pytest.raises(TruncatedError) as caught:
            Ccs().decode(bytes(size))
        assert (caught.value.needed, caught.value.given) == (7, size)


@pytest.mark.parametrize("time_ns", [FIRST_NS - 1, END_NS])
def test_years_have_four_digits(time_ns):
    with pytest.raises(ValueError, match="expected 1"):
        encode_ascii(time_ns)


def test_width():
    with pytest.raises(ValueError, match="CCS with 7"):
        Ccs(fine_octets=7)


def test_every_hour_and_the_last_day_of_a_leap_year():
    day = utc_ns("2024-12-31T00:00:00")
    for hour in range(24):
        assert encode_ascii(day + hour * 3600 * NS, day_of_year=True) == f"2024-366T{hour:02}:00:00.000Z".encode()
    assert decode_ascii(b"2024-366T00:00:00") == day
    with pytest.raises(DecodeError):
        decode_ascii(b"2023-366T00:00:00")
