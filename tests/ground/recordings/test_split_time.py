"""Times in several fields."""

import numpy as np
import pytest

from ground.recordings.decoding import Decoder
from ground.recordings.split_time import SplitTime, TimePart
from link.dictionary.definition import Definition
from link.dictionary.kinds import Field, Integer
from link.dictionary.model import Container
from link.time.binary import Cds

NS = 10**9
NAMES = {"DAY": 16, "MSEC": 32, "USEC": 16, "SECONDS": 32, "SUBSECONDS": 16, "TICKS": 16, "LONG": 64}


def decoder(time, **rules):
    fields = tuple(Field(name=name, kind=Integer(bits), unit="ms" * (name == "TICKS")) for name, bits in NAMES.items())
    return Decoder(Definition(name="x", packets=(Container(name="c", fields=fields),)), time, **rules)


def packet(**values):
    return b"".join(values.get(name, 0).to_bytes(bits // 8) for name, bits in NAMES.items())


@pytest.mark.parametrize("typed", ["DAY,MSEC,USEC", "DAY:d,MSEC:ms,USEC:us", "DAY, MSEC, USEC"])
def test_days_milliseconds_and_microseconds(typed):
    """As JPSS has them, which is the day segmented code of CCSDS: days since 1958."""
    time_ns = 1_646_684_800_123_456_000
    code = Cds(fine_octets=2).encode(time_ns)
    day, ms, us = int.from_bytes(code[:2]), int.from_bytes(code[2:6]), int.from_bytes(code[6:8])
    read = decoder(typed)
    values = read.read(packet(DAY=day, MSEC=ms, USEC=us)).values
    assert read.utc_ns(values) == time_ns
    assert read.time_s(values) == pytest.approx(day * 86400 + ms / 1e3 + us / 1e6)
    assert read.account()["kinds"][0]["packets"] == 1


@pytest.mark.parametrize(
    ("typed", "values", "after_epoch_ns"),
    [
        ("SECONDS,SUBSECONDS:/65536", {"SECONDS": 5, "SUBSECONDS": 32768}, 5_500_000_000),
        ("SECONDS", {"SECONDS": 5}, 5 * NS),
        ("SECONDS:h", {"SECONDS": 5}, 18000 * NS),
        ("SECONDS:min", {"SECONDS": 5}, 300 * NS),
        ("TICKS:us", {"TICKS": 7}, 7000),
        ("SECONDS:s,TICKS:ns", {"SECONDS": 1, "TICKS": 7}, NS + 7),
        ("LONG:ns", {"LONG": 1_646_684_800_123_456_789}, 1_646_684_800_123_456_789),
        ("LONG:/65536", {"LONG": (1_646_684_800 << 16) + 1}, 1_646_684_800 * NS + 15_259),  # 1/65536 s is 15258.8 ns
        ("DAY:/3", {"DAY": 2}, 666_666_667),
        ("TICKS", {"TICKS": 7}, 7_000_000),
        ("DAY:s,TICKS", {"DAY": 1, "TICKS": 2}, NS + 2_000_000),
    ],
)
def test_units_and_epochs(typed, values, after_epoch_ns):
    read = decoder(typed, origin_ns=1000)
    values = read.read(packet(**values)).values
    assert read.utc_ns(values) == 1000 + after_epoch_ns


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("DAY,NONE", "no field is called NONE"),
        ("DAY:weeks", "DAY: no unit is called weeks, expected d"),
        ("SECONDS,SUBSECONDS", "SUBSECONDS: unit not known; give it as SUBSECONDS:ms"),
        ("", None),
    ],
)
def test_what_a_person_typed(typed, sentence):
    if sentence is None:
        assert decoder(typed).utc_ns({}) is None
        return
    with pytest.raises(ValueError, match=sentence):
        decoder(typed)


def test_units_by_name():
    named = {
        "Day": "d",
        "DOY": "d",
        "ms_of_hour": "ms",
        "MSOD": "ms",
        "us": "us",
        "usec": "us",
        "NSEC": "ns",
        "minutes": "min",
        "sec": "s",
        "fine_sec": None,
        "frac_sec": None,
        "MSEC_OF_DAY": "d",
        "millis": "ms",
        "microsec": "us",
        "nanos": "ns",
        "hours": "h",
        "min_": None,
    }
    for name, unit in named.items():
        field = Field(name=name, kind=Integer(8))
        if unit is None:
            with pytest.raises(ValueError, match="unit not known"):
                TimePart.of(name, [field])
        else:
            assert TimePart.of(name, [field]) == TimePart.of(f"{name}:{unit}", [field])


def test_values_that_are_none():
    split = SplitTime.of("SECONDS", [Field(name="SECONDS", kind=Integer(8))])
    assert split.ns({"SECONDS": 1.5}) == 1_500_000_000
    assert split.ns({"SECONDS": np.uint32(3)}) == 3 * NS
    for value in (None, "noon", True, b"x"):
        assert split.ns({"SECONDS": value}) is None
    read = decoder("SECONDS:ms")
    assert (read.utc_ns({}), read.time_s({})) == (None, None)
