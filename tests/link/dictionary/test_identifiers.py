"""Identifiers that nobody chose: stable, in their range, and two declarations of one are both named."""

import dataclasses
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from link.dictionary import Dictionary, Event, Int8ub, Telemetry, command, parameter, wire
from link.dictionary.declare import commands_of, parameters_of, settle
from link.dictionary.identifiers import RANGES, Declaration, assigned_id, check_apart
from link.pus.services.parameters import ParameterTable

HERE = sys.modules[__name__].__file__


def declared():
    class Status(Telemetry):
        level: int = wire(Int8ub)

    class Switched(Event):
        """Switched."""

    class Explicit(Event, id=0x71):
        """Said."""

    @dataclasses.dataclass
    class Heater:
        gain: int = parameter(default=1)
        bias: int = parameter(id=0x72, default=2)

        @command()
        def switch(self) -> None: ...

        @command(opcode=0x73)
        def reset(self) -> None: ...

    return Heater, [Status, Switched, Explicit]


def numbers(app, records):
    name = app.__name__.lower() if not hasattr(app, "app_name") else app.app_name
    found = {form.function.__name__: form.opcode for form in commands_of(app)}
    found |= {entry.name: entry.id for entry in parameters_of(app, name)}
    return found | {record.__name__: record.__id__ for record in records}


def test_what_has_no_identifier_gets_one_of_its_full_name_and_keeps_what_it_has():
    app, records = declared()
    assert records[0].__id__ == assigned_id("report", "Status")  # before an app is known, as in a test of its own
    settle(app, records, "heater", {})
    assert numbers(app, records) == {
        "switch": assigned_id("command", "heater.switch"),
        "reset": 0x73,
        "heater.gain": assigned_id("parameter", "heater.gain"),
        "heater.bias": 0x72,
        "Status": assigned_id("report", "heater.Status"),
        "Switched": assigned_id("event", "heater.Switched"),
        "Explicit": 0x71,
    }


@pytest.mark.requirement("FSW-APP-003")
def test_the_numbers_are_the_same_for_ever():
    """Archives and dictionaries of missions that fly have them."""
    kinds = ("report", "event", "command", "parameter")
    assert [assigned_id(kind, "heater.Status") for kind in kinds] == [152, 54652, 37328, 65128]


def test_another_instance_has_names_identifiers_and_defaults_of_its_own():
    app, records = declared()
    settle(app, records, "heater_b", {"gain": 7})
    assert numbers(app, records) == {
        "switch": assigned_id("command", "heater_b.switch"),
        "reset": assigned_id("command", "heater_b.reset"),
        "heater_b.gain": assigned_id("parameter", "heater_b.gain"),
        "heater_b.bias": assigned_id("parameter", "heater_b.bias"),
        "heater_b.Status": assigned_id("report", "heater_b.Status"),
        "heater_b.Switched": assigned_id("event", "heater_b.Switched"),
        "heater_b.Explicit": assigned_id("event", "heater_b.Explicit"),
    }
    assert [entry.field.default for entry in parameters_of(app, "heater_b")] == [7, 2]


def test_two_instances_make_one_dictionary_whose_fields_are_parameters():
    first, second = declared(), declared()
    settle(*first, "heater", {})
    settle(*second, "heater_b", {})
    dictionary = Dictionary.from_json(
        Dictionary.of("node", 1, {}, [first[0], *first[1], second[0], *second[1]]).to_json()
    )
    assert [report.name for report in dictionary.reports] == ["Status", "heater_b.Status"]
    table = ParameterTable.of(dictionary)
    names = {entry.name for entry in table.entries.values()}
    assert names > {"heater.gain", "heater_b.gain", "Status.level", "heater_b.Status.level"}
    assert all(number < 1 << 16 for number in table.entries)


@given(kind=st.sampled_from(sorted(RANGES)), name=st.text())
@pytest.mark.requirement("FSW-APP-003")
def test_an_assigned_identifier_is_in_its_range(kind, name):
    assert assigned_id(kind, name) in RANGES[kind]


def test_no_assigned_parameter_can_be_a_field_of_an_assigned_report():
    assert RANGES["report"].stop * 256 <= RANGES["parameter"].start


@pytest.mark.parametrize(
    ("declarations", "sentence"),
    [
        (
            [("event", 5, "A", "a.py: A"), ("event", 5, "B", "b.py: B")],
            "event B and event A have the same id, 5: b.py: B and a.py: A; give one of them another id, as id=0x70",
        ),
        (
            [("command", 5, "a.x", "a.py: A"), ("command", 5, "a.y", "a.py: A")],
            "command a.y and command a.x have the same id, 5: a.py: A; give one of them another opcode, as opcode=0x70",
        ),
        (
            [("report", 5, "A", "a.py: A"), ("report", 6, "A", "b.py: A")],
            "report A and report A have the same name: b.py: A and a.py: A; rename one of them",
        ),
        (
            [("report", 0x71, "A", "a.py: A"), ("parameter", 0x7105, "b.x", "b.py: B")],
            "parameter b.x has the id 28933, which belongs to a field of report A: b.py: B and a.py: A; "
            "give one of them another id, as id=0x70",
        ),
        (
            [("report", 256, "A", "a.py: A")],
            "report A has the id 256, expected 0..255: a.py: A; give one of them another id, as id=0x70",
        ),
        (
            [("event", 1 << 16, "A", "a.py: A"), ("event", 0x70, "B", "b.py: B")],
            "event A has the id 65536, expected 0..65535: a.py: A; give one of them another id, as id=0x71",
        ),
        (
            [*(("event", number, f"E{number}", "a.py") for number in range(1, 0x80)), ("event", 1, "B", "b.py")],
            "event B and event E1 have the same id, 1: b.py and a.py; give one of them another id",
        ),
    ],
)
def test_two_declarations_of_one_name_or_identifier_are_both_told(declarations, sentence):
    with pytest.raises(ValueError) as refused:  # noqa: PT011  # the whole sentence is compared
        check_apart([Declaration(*one) for one in declarations])
    assert str(refused.value) == sentence


@pytest.mark.requirement("FSW-APP-004")
def test_a_dictionary_says_where_both_declarations_are_written():
    class One(Event, id=1):
        """One."""

    class Two(Event, id=1):
        """Two."""

    with pytest.raises(ValueError, match="event Two and event One have the same id, 1") as refused:
        Dictionary.of("node", 1, {}, [One, Two])
    assert f"{HERE}: {Two.__qualname__} and {HERE}: {One.__qualname__}; give" in str(refused.value)
