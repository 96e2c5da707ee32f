"""Declarations: what the annotation and the wire say goes together, or is refused when the class is made."""

from dataclasses import dataclass
from enum import IntEnum
from typing import Annotated

import pytest

from link.dictionary import (
    Counted,
    Dictionary,
    Event,
    Float32b,
    Int8ub,
    Int16ub,
    Integer,
    Octets,
    Polynomial,
    Record,
    Telemetry,
    Text,
    Time,
    command,
    decode_arguments,
    parameter,
    wire,
)
from link.dictionary.conditions import All, Comparison
from link.dictionary.declare import commands_of
from link.dictionary.kinds import Boolean, Enumeration
from link.errors import DecodeError


class Mode(IntEnum):
    SAFE = 0
    PAYLOAD = 2


class Status(Telemetry, id=1):
    """Everything at once."""

    mode: Mode = wire(Integer(4))
    ready: bool = wire(Integer(4))
    bus: float = wire(Int16ub, unit="V", scale=0.001, limits=(6.4, 8.4))
    since: int = wire(Time())
    key: bytes = wire(Octets(2))


@dataclass
class Thermal:
    gain: float = parameter(Float32b, id=7, default=0.5, range=(0, 1), text="Loop gain.")
    mode: Mode = parameter(id=8, default=Mode.SAFE)

    @command(opcode=0x31, hazardous=True)
    def set_band(
        self,
        low_degc: Annotated[float, wire(Float32b, unit="degC", range=(-40, 60))],
        high_degc: Annotated[float, wire(Float32b, unit="degC", range=(-40, 60))] = 12.0,
        mode: Mode = Mode.PAYLOAD,
        key: bytes = b"\1",
    ) -> None:
        """Move the band."""


SAMPLE = Status(mode=Mode.PAYLOAD, ready=True, bus=7.4, since=1_700_000_000_000_000_000, key=b"ab")


@pytest.fixture(scope="module")
def ground():
    return Dictionary.from_json(Dictionary.of("node", 1, {}, [Status, Thermal]).to_json())


def test_a_report_is_an_object_on_board_and_labels_on_the_ground(ground):
    octets = SAMPLE.encode()
    assert Status.decode(octets) == SAMPLE
    assert ground.decode_report(1, octets).values == {
        "mode": "payload", "ready": True, "bus": 7.4, "since": 1_700_000_000_000_000_000, "key": b"ab"}  # fmt: skip
    assert ground.decode_report(1, octets).units == {"bus": "V"}


def test_a_label_that_is_unknown_is_an_error_on_board_and_a_number_on_the_ground(ground):
    octets = b"\x70" + SAMPLE.encode()[1:]
    assert ground.decode_report(1, octets).values["mode"] == 7
    with pytest.raises(DecodeError, match="mode: 7 is no Mode"):
        Status.decode(octets)


def test_what_does_not_fit_names_class_and_field():
    with pytest.raises(ValueError, match=r"Status\.bus = 70, expected 0\.\.65\.535 V"):
        Status(mode=Mode.SAFE, ready=True, bus=70, since=0, key=b"ab").encode()


def test_a_report_has_slots():
    with pytest.raises(AttributeError):
        SAMPLE.bsu = 1


def test_a_constraint_asks_for_what_reports_tell():
    class Heater:
        @command(opcode=1, constraint="Status.mode == safe and Status.bus > 5")
        def off(self) -> None:
            """Cool down."""

    (entry,) = Dictionary.of("n", 1, {}, [Status, Heater]).commands
    assert entry.constraint == All((Comparison("Status.mode", "safe"), Comparison("Status.bus", 5, ">")))
    with pytest.raises(ValueError, match=r"command heater.off: its constraint asks for Status.mode, which no report"):
        Dictionary.of("n", 1, {}, [Heater])


def test_arguments_arrive_typed_as_the_signature_says(ground):
    _, octets = ground.encode_command("thermal.set_band", {"low_degc": "-5.5"})
    assert decode_arguments(Thermal().set_band, octets) == {
        "low_degc": -5.5, "high_degc": 12.0, "mode": Mode.PAYLOAD, "key": b"\1"}  # fmt: skip
    assert ground.command("thermal.set_band").hazardous


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({}, "thermal.set_band: low_degc is missing"),
        ({"low_degc": 61}, "thermal.set_band: low_degc = 61, expected -40..60 degC"),
        ({"low_degc": "warm"}, "thermal.set_band: low_degc = 'warm', expected -40..60 degC"),
        ({"low_degc": True, "mode": "fast"}, "thermal.set_band: mode = 'fast', expected safe or payload"),
        ({"low_degc": 1, "key": "xyz"}, "thermal.set_band: key = 'xyz', expected up to 65535 octets"),
        ({"low_degc": b"1"}, "thermal.set_band: low_degc = b'1', expected -40..60 degC"),
    ],
)
def test_wrong_arguments_are_refused_on_the_ground(ground, arguments, sentence):
    with pytest.raises(ValueError) as caught:  # noqa: PT011  # the whole sentence is compared
        ground.encode_command("thermal.set_band", arguments)
    assert str(caught.value) == sentence


def test_wrong_arguments_are_refused_on_board():
    (form,) = commands_of(Thermal)
    with pytest.raises(ValueError, match=r"low_degc = 100\.0, expected -40\.\.60 degC"):
        decode_arguments(Thermal.set_band, form.codec.encode([100.0, 0.0, Mode.SAFE, b""]))
    with pytest.raises(DecodeError):
        decode_arguments(Thermal.set_band, b"\0")


def test_parameters_have_kind_range_and_default(ground):
    gain, mode = ground.parameters
    assert (gain.id, gain.name, gain.field.range, gain.text) == (7, "thermal.gain", (0, 1), "Loop gain.")
    assert (mode.field.kind, mode.field.default) == (Enumeration({"safe": 0, "payload": 2}), "safe")


def test_the_annotation_decides_what_the_kind_means():
    assert [field.kind for field in Status.__fields__[:2]] == [
        Enumeration({"safe": 0, "payload": 2}, bits=4), Boolean(4)]  # fmt: skip


@pytest.mark.parametrize(
    ("annotation", "kind", "sentence"),
    [
        (str, Int8ub, r"Bad\.x: Integer.* does not hold str"),
        (int, Text(4), r"Bad\.x: Text.* does not hold int"),
        (Mode, Integer(1), r"Bad\.x: .*PAYLOAD.* does not fit"),
        (Mode, Text(4), r"Bad\.x: Text.* does not hold Mode"),
        (list, None, r"Bad\.x: .*list.* has no wire form"),
    ],
)
def test_a_pair_that_does_not_fit_is_refused_when_the_class_is_made(annotation, kind, sentence):
    with pytest.raises(TypeError, match=sentence):
        type(Event)("Bad", (Event,), {"__annotations__": {"x": annotation}, "x": wire(kind)}, id=1)


def test_a_field_without_wire_is_refused():
    with pytest.raises(TypeError, match=r"Bad\.x: give it a wire"):

        class Bad(Telemetry, id=1):
            x: int


class Point(Record):
    x: int = wire(Int8ub)
    mode: Mode = wire(Int8ub)


class Track(Telemetry, id=2):
    mode: Mode = wire(Int8ub)
    level: int = wire(Int8ub, calibration=Polynomial((0.0, 0.5)), unit="m", valid="mode == payload")
    here: Point = wire()
    points: list[Point] = wire(count=Counted(8))
    modes: list[Mode] = wire(Int8ub, count=2)
    extra: int | None = wire(Int8ub, when="mode == payload")


@pytest.mark.parametrize("mode", Mode)
def test_lists_groups_and_fields_that_are_not_always_there(mode):
    point = Point(x=1, mode=Mode.SAFE)
    extra = 9 if mode is Mode.PAYLOAD else None
    track = Track(mode=mode, level=7, here=point, points=[point, point], modes=[mode, Mode.SAFE], extra=extra)
    assert Track.decode(track.encode()) == track
    sample = Dictionary.of("node", 1, {}, [Track]).decode_report(2, track.encode())
    label, there = mode.name.lower(), {"x": 1, "mode": "safe"}
    lists = {"points": [there, there], "modes": [label, "safe"]}
    assert sample.values == {"mode": label, "level": 3.5, "here": there, **lists, "extra": extra}
    assert sample.invalid == (frozenset() if mode is Mode.PAYLOAD else {"level"})
    assert sample.known == {**sample.values, "level": 3.5 if mode is Mode.PAYLOAD else None}


@pytest.mark.parametrize(
    ("annotation", "said", "sentence"),
    [
        (list[int], {}, "a list needs a count"),
        (int | None, {}, "goes with `when`"),
        (int, {"when": "x == 1"}, r"annotate it int \| None"),
        (int | None, {"when": "x = 1"}, "condition 'x = 1', expected `field == value`"),
    ],
)
def test_lists_and_conditions_are_asked_for_in_full(annotation, said, sentence):
    with pytest.raises(TypeError, match=sentence):
        type(Event)("Bad", (Event,), {"__annotations__": {"x": annotation}, "x": wire(**said)}, id=1)


def test_a_class_without_docstring_has_no_text():
    class Quiet(Telemetry, id=9):
        x: int = wire(Int8ub)

    (entry,) = Dictionary.of("node", 1, {}, [Quiet]).reports
    assert entry.text == ""


def test_a_float_written_as_an_integer_is_rounded():
    class Rounded(Telemetry, id=9):
        value: float = wire(Int8ub)

    assert Rounded(value=2.6).encode() == b"\3"
    assert Rounded.decode(b"\3").value == 3.0


def test_labels_that_differ_only_in_case_are_refused():
    class Switch(IntEnum):
        On = 0
        ON = 1

    with pytest.raises(TypeError, match=r"Switch\.ON: another label differs only in the case"):

        class Told(Telemetry, id=9):
            switch: Switch = wire()


def test_a_condition_on_a_label_that_there_is_not_is_refused():
    """It would never hold: labels are written in small letters."""
    with pytest.raises(TypeError, match=r"level: mode == PAYLOAD: expected safe or payload; did you mean payload\?"):

        class Told(Telemetry, id=9):
            mode: Mode = wire()
            level: int | None = wire(when="mode == PAYLOAD")


class Armament:
    @command(opcode=0x50)
    def arm(self, function: Annotated[int, wire(Int16ub)]) -> None:
        """Let it be executed."""

    @command(opcode=0x51)
    def rest(self) -> None:
        """Do nothing."""


def test_the_dictionary_says_what_arms_a_hazardous_command():
    made = Dictionary.of("n", 1, {}, [Thermal, Armament], arming="armament.arm")
    assert {one.name: one.armed_by for one in made.commands if one.armed_by} == {"thermal.set_band": "armament.arm"}
    assert Dictionary.from_json(made.to_json()) == made


@pytest.mark.parametrize("name", ["armament.rest", "nobody.arm"])
def test_what_cannot_arm_is_refused(name):
    with pytest.raises(ValueError, match=f"command thermal.set_band: {name}, which is to arm it, is no command of one"):
        Dictionary.of("n", 1, {}, [Thermal, Armament], arming=name)


def test_records_compare_by_their_fields_and_print_them():
    class Other(Telemetry, id=1):
        mode: Mode = wire(Integer(4))

    again = Status.decode(SAMPLE.encode())
    again.bus = SAMPLE.bus
    assert again == SAMPLE
    again.key = b"ac"
    assert again != SAMPLE
    assert Other(mode=Mode.SAFE) not in (SAMPLE, 1)
    assert repr(Other(mode=Mode.SAFE)).endswith("Other(mode=<Mode.SAFE: 0>)")
