"""Parameter management, service 20 (ECSS-E-ST-70-41C §6.20, §8.20): values on board, read and set by identifier.

A value is encoded as the kind of its parameter says, and nothing on the wire says where it ends: only who knows the
parameters can decode a message. `ParameterTable` knows them, on board and on the ground. The fields of housekeeping
structures are parameters too, which can be read and not set: field n of structure s has identifier 256 s + n.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Self

import msgspec

from link.dictionary.codec.cursor import BitReader
from link.dictionary.codec.lazy import LazyCodecs
from link.dictionary.dictionary import Dictionary
from link.dictionary.domain import check_range, octets_max
from link.dictionary.kinds import Counted, Int8ub, Int16ub, Octets, Rest, fixed_bits
from link.dictionary.model import ParameterEntry, ReportEntry
from link.dictionary.wires import wire
from link.errors import DecodeError
from link.pus.message import Report, Request
from link.pus.services.verification import FailureCode, RefusedError

ID_OCTETS = 2
FIELDS_OF_STRUCTURE_MAX = 256
_REPORTED_MAX = 255  # the count of parameters in a StructureReport is 8 bits


class ReportValues(Request, service=20, subtype=1):
    """Report the values of the parameters of these identifiers."""

    parameters: list[int] = wire(Int16ub, count=Counted(8))


class ParameterValues(Report, service=20, subtype=2):
    """Values of parameters: `count` times the identifier of a parameter and its value."""

    count: int = wire(Int8ub)
    values: bytes = wire(Octets(Rest()))


class SetValues(Request, service=20, subtype=3):
    """Set the values of parameters: `count` times the identifier of a parameter and its value."""

    count: int = wire(Int8ub)
    values: bytes = wire(Octets(Rest()))


class ParameterTable:
    """The parameters of a dictionary by identifier: the entry of each, and the codec of its value.

    Raises ValueError for an identifier given twice, and for a parameter that depends on fields: it stands alone.
    """

    def __init__(self, entries: Iterable[ParameterEntry]) -> None:
        self.entries: dict[int, ParameterEntry] = {}
        self.owned: defaultdict[str, list[int]] = defaultdict(list)
        """By the name of an app or a structure: the identifiers of its parameters."""
        for entry in entries:
            if entry.id in self.entries:
                raise ValueError(f"parameters {self.entries[entry.id].name} and {entry.name} are both {entry.id}")
            self.entries[entry.id] = entry
            self.owned[entry.name.rpartition(".")[0]].append(entry.id)
        self._codecs = LazyCodecs({number: (entry.field,) for number, entry in self.entries.items()})

    @classmethod
    def of(cls, dictionary: Dictionary) -> Self:
        """The parameters of apps and the fields of structures; of one dictionary it is one table, which never changes.

        Raises ValueError for an identifier given twice.
        """
        return dictionary.derived(cls._gathered)

    @classmethod
    def _gathered(cls, dictionary: Dictionary) -> Self:
        fields = (entry for structure in dictionary.reports for entry in fields_of(structure))
        return cls((*dictionary.parameters, *fields))

    def entry(self, number: int) -> ParameterEntry:
        """The entry of parameter `number`. Raises RefusedError if there is none."""
        if number not in self.entries:
            raise RefusedError(FailureCode.BAD_ARGUMENTS, f"no parameter {number}")
        return self.entries[number]

    def octets_max(self, number: int) -> float:
        """Octets that the value of parameter `number` takes at most. Raises RefusedError if there is none."""
        return octets_max(self.entry(number).field.kind)

    def encode(self, number: int, value: Any) -> bytes:
        """The octets of an identifier and a value. Raises ValueError for a value that the parameter cannot have."""
        field = self.entry(number).field
        check_range(field, value)
        return number.to_bytes(ID_OCTETS) + self._codecs[number].encode([value])

    def decode(self, count: int, octets: bytes) -> Iterator[tuple[int, Any]]:
        """The `count` pairs of identifier and value in `octets`. Raises DecodeError, also for an unknown parameter."""
        reader = BitReader(octets)
        for _ in range(count):
            number = int.from_bytes(reader.read(8 * ID_OCTETS))
            if number not in self.entries:
                raise DecodeError(f"no parameter {number}; what follows it cannot be read")
            (value,) = self._codecs[number].read(reader)
            reader.skip(-reader.at % 8)
            yield number, value
        if reader.left:
            raise DecodeError(f"{reader.left // 8} octets more than expected")

    def set_values(self, values: Mapping[int, Any]) -> SetValues:
        """The request that sets parameters to `values`, by identifier. Raises ValueError for one that cannot be."""
        return SetValues(count=len(values), values=b"".join(self.encode(*pair) for pair in values.items()))


def fields_of(structure: ReportEntry) -> Iterator[ParameterEntry]:
    """The fields of a structure as parameters: those of fixed size that every sample has."""
    for position, one in enumerate(structure.fields[:_REPORTED_MAX]):
        if one.when is None and fixed_bits(one.kind) is not None:
            alone = msgspec.structs.replace(one, skip_bits=0, valid=None)
            name = f"{structure.name}.{one.name}"
            yield ParameterEntry(
                id=FIELDS_OF_STRUCTURE_MAX * structure.id + position, name=name, field=alone, text=one.text
            )
