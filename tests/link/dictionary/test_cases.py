"""Definitions that users reported, and packets of them: the right value, or the sentence that says what is wrong."""

from pathlib import Path

import pytest

from ground.recordings.decoding import Decoder
from link.dictionary.codec.invalid import Invalid
from link.dictionary.exchange.ccsdspy import PRIMARY_HEADER, read_csv
from link.dictionary.xtce.reader import read_xtce

CASES = Path(__file__).parent / "cases"
HEADER = {"ID", "SEQUENCE", "LENGTH", *(name for name, _ in PRIMARY_HEADER)}


def definition(name):
    path = next(path for path in CASES.glob(f"{name}.*") if path.suffix != ".bin")
    return read_csv(path.read_text(encoding="utf-8"), name) if path.suffix == ".csv" else read_xtce(path.read_bytes())


def packets(name):
    octets = (CASES / f"{name}.bin").read_bytes()
    while octets:
        size = int.from_bytes(octets[4:6]) + 7
        yield octets[:size]
        octets = octets[size:]


OUTSIDE = Invalid(255, "255 lies outside the calibration, 10.0..200.0")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("csv-bit-offset", [{"A": 1, "B": 3}, {"A": 5, "B": 7}]),
        ("csv-bom", [{"A": 5}]),
        ("xtce-container-twice", [{"A": [1, 3], "B": [2, 4]}]),
        ("xtce-context-calibrator", [{"MODE": 1, "X": 50.0}, {"MODE": 0, "X": 10.0}]),
        ("xtce-intercept-alone-12", [{"N": 3, "ITEMS": [1, 2, 3], "LAST": 9}, {"N": 0, "ITEMS": [], "LAST": 9}]),
        ("xtce-intercept-alone-13", [{"N": 3, "ITEMS": [1, 2, 3], "LAST": 9}, {"N": 0, "ITEMS": [], "LAST": 9}]),
        ("xtce-label-twice", [{"STATE": "OFF"}, {"STATE": "RESERVED"}, {"STATE": "RESERVED"}]),
        ("xtce-leading-zero", [{"STATE": "ON"}]),
        ("xtce-member", [{"HEAD": {"n": 2, "flag": 7}, "ITEMS": [1, 2], "LAST": 9},
                         {"HEAD": {"n": 1, "flag": 0}, "ITEMS": [5], "LAST": None}]),
        ("xtce-outside-spline", [{"VOLTAGE": 1, "TEMPERATURE": 30.0, "MODE": 2},
                                 {"VOLTAGE": 3, "TEMPERATURE": OUTSIDE, "MODE": 4}]),
        ("xtce-parent-path", [{"Payload.A": 7}]),
        ("xtce-referred-container", [{"A": 1, "B": 2}]),
        ("xtce-repeated-container", [{"A": [1, 3], "B": [2, 4]}]),
        ("xtce11-byte-order-list", [{"COUNT": 261}]),
        ("xtce11-exponent", [{"V": 11.5}]),
        ("xtce13-string-buffer", [{"N": 4, "NAME": "ab", "LAST": 9}]),
    ],
)  # fmt: skip
def test_values(name, expected):
    decoder = Decoder(definition(name))
    read = [decoder.read(packet).values for packet in packets(name)]
    assert [{field: value for field, value in one.items() if field not in HEADER} for one in read] == expected


@pytest.mark.parametrize(
    ("name", "utc_ns"),
    [("xtce-epoch-date", 1_646_684_800_000_000_000), ("xtce-epoch-j2000", 1_646_727_930_816_000_000)],
)
def test_times(name, utc_ns):
    """2022-03-07T20:26:40Z; and 2022-03-08T08:25:30.816Z, five leap seconds after 2000."""
    decoder = Decoder(definition(name))
    (packet,) = packets(name)
    assert decoder.utc_ns(decoder.read(packet).values) == utc_ns
    assert decoder.timeless == []


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("csv-short-row", "row 2: data_type is missing"),
        ("xtce-container-in-itself", "line 20: SequenceContainer PACKET stands in itself"),
        ("xtce-empty-size", "line 12: SizeInBits needs Fixed, DynamicValue, TerminationChar or LeadingSize"),
    ],
)
def test_sentences(name, sentence):
    with pytest.raises(ValueError) as caught:  # noqa: PT011  # the whole sentence is compared
        definition(name)
    assert str(caught.value) == sentence


def test_every_case_is_looked_at():
    marks = [mark for test in (test_values, test_times, test_sentences) for mark in test.pytestmark]
    assert {case[0] for mark in marks for case in mark.args[1]} == {path.stem for path in CASES.glob("*.bin")}
