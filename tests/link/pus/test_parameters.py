"""Values of parameters on the wire: whoever has the table of parameters writes them, and reads them back."""

from dataclasses import dataclass

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from link.dictionary import Counted, Dictionary, Flag, Int8ub, Int16ub, Integer, Telemetry, Text, parameter, wire
from link.dictionary.conditions import parse_condition
from link.dictionary.kinds import Octets, Reference
from link.errors import DecodeError
from link.pus.services.housekeeping import structure_of
from link.pus.services.parameters import ParameterTable
from link.pus.services.verification import FailureCode, RefusedError


@dataclass
class Heater:
    low_degc: float = parameter(id=1, default=5.0, range=(-40, 60))
    label: str = parameter(Text(8), id=3, default="a")
    nibble: int = parameter(Integer(4), id=4, default=3)


class Battery(Telemetry, id=3):
    volts: float = wire(Int16ub, scale=0.5)
    charging: bool = wire(Flag)
    spare: int = wire(Integer(7))
    cells: list[int] = wire(Int8ub, count=Counted(8))


DICTIONARY = Dictionary.of("n", 1, {}, [Heater, Battery])
TABLE = ParameterTable.of(DICTIONARY)
VALUES = st.fixed_dictionaries({1: st.floats(-40, 60), 3: st.text("ab", max_size=8), 4: st.integers(0, 15)})


@given(VALUES)
def test_decode_inverts_encode(values):
    request = TABLE.set_values(values)
    assert dict(TABLE.decode(request.count, request.values)) == values


def test_vector():
    """By hand from §8.20.2.3: twice a parameter identifier of 16 bits and its value, each filled up to whole octets."""
    request = TABLE.set_values({4: 9, 0x300: 2.5})
    assert (request.count, request.values) == (2, bytes.fromhex("0004 90 0300 0005"))


def test_the_fields_of_structures_are_parameters_if_they_are_always_there_and_of_one_size():
    assert {number: entry.name for number, entry in TABLE.entries.items() if number > 255} == {
        0x300: "Battery.volts", 0x301: "Battery.charging", 0x302: "Battery.spare"}  # fmt: skip


@pytest.mark.parametrize(
    ("count", "octets", "sentence"),
    [(1, b"\0\7\1", "no parameter 7"), (1, b"\0", "2 octets needed"), (1, b"\0\4\x30\0", "1 octets more")],
)
def test_what_cannot_be_read_is_a_decode_error(count, octets, sentence):
    with pytest.raises(DecodeError, match=sentence):
        list(TABLE.decode(count, octets))


def test_a_value_out_of_its_range_is_not_written():
    with pytest.raises(ValueError, match="low_degc = 61, expected"):
        TABLE.set_values({1: 61})


def test_a_parameter_that_is_not_known_is_refused():
    assert (TABLE.octets_max(1), TABLE.octets_max(4)) == (8, 1)
    with pytest.raises(RefusedError, match="no parameter 99") as caught:
        TABLE.octets_max(99)
    assert caught.value.code is FailureCode.BAD_ARGUMENTS


def test_two_parameters_of_one_number_are_refused():
    entry = DICTIONARY.parameters[0]
    with pytest.raises(ValueError, match=r"parameters heater\.low_degc and heater\.low_degc are both 1"):
        ParameterTable([entry, entry])


@pytest.mark.parametrize("changes", [{"kind": Octets(Reference("length"))}, {"when": parse_condition("length == 1")}])
def test_a_parameter_that_depends_on_a_field_is_refused_at_once(changes):
    entry = DICTIONARY.parameters[0]
    field = msgspec.structs.replace(entry.field, **changes)
    with pytest.raises(ValueError, match=r"low_degc: .*length"):
        ParameterTable([msgspec.structs.replace(entry, field=field)])


def test_the_ground_reads_a_structure_by_the_parameters_that_it_was_made_of():
    entry = structure_of(7, [4, 0x300], TABLE)
    assert (entry.id, entry.name) == (7, "Structure7")
    assert [field.name for field in entry.fields] == ["heater.nibble", "Battery.volts"]
    with pytest.raises(RefusedError, match="no parameter 99"):
        structure_of(7, [99], TABLE)
