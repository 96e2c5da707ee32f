"""Housekeeping, service 3 (ECSS-E-ST-70-41C §6.3, §8.3): structures of parameters, reported periodically or on request.

The telemetry that apps declare are structures too. A command can enable, disable and time them, not change or delete
them: an app samples its own at its own pace, and an interval of 0 reports each sample.
"""

from collections.abc import Iterable

import msgspec

from link.dictionary.declare import Record, Telemetry
from link.dictionary.kinds import Counted, Flag, Int8ub, Int16ub, Octets, Rest
from link.dictionary.model import ReportEntry
from link.dictionary.wires import wire
from link.pus.message import Report, Request
from link.pus.services.parameters import ParameterTable

_STRUCTURE_MAX = 0xFFFF


class SuperCommutated(Record):
    """Parameters that are sampled `repetitions` times for each report."""

    repetitions: int = wire(Int8ub)
    parameters: list[int] = wire(Int16ub, count=Counted(8))


class CreateStructure(Request, service=3, subtype=1):
    """Create a structure of parameters, reported every `interval` sampling intervals once it is enabled."""

    structure: int = wire(Int16ub)
    interval: int = wire(Int16ub)
    parameters: list[int] = wire(Int16ub, count=Counted(8))
    groups: list[SuperCommutated] = wire(count=Counted(8))


class _Structures(Request):
    structures: list[int] = wire(Int16ub, count=Counted(8))


class DeleteStructures(_Structures, service=3, subtype=3):
    """Delete these structures, whose periodic reports must be disabled."""


class EnablePeriodic(_Structures, service=3, subtype=5):
    """Report these structures periodically."""


class DisablePeriodic(_Structures, service=3, subtype=6):
    """Report these structures no longer periodically."""


class ReportStructures(_Structures, service=3, subtype=9):
    """Report which parameters these structures are made of."""


class StructureReport(Report, service=3, subtype=10):
    """What a structure is made of: the identifiers of its parameters, in order of their values in a report."""

    structure: int = wire(Int16ub)
    enabled: bool = wire(Flag)
    interval: int = wire(Int16ub)
    parameters: list[int] = wire(Int16ub, count=Counted(8))
    groups: list[SuperCommutated] = wire(count=Counted(8))


class HousekeepingReport(Report, service=3, subtype=25):
    """The values of the parameters of a housekeeping structure."""

    structure: int = wire(Int16ub)
    values: bytes = wire(Octets(Rest()))

    def encode(self) -> bytes:
        """As the codec does, at less cost: most packets of a node hold one of these."""
        sealed: bytes | None = getattr(self, "_sealed", None)
        if sealed is not None:
            return sealed
        if type(self.values) is bytes and type(self.structure) is int and 0 <= self.structure <= _STRUCTURE_MAX:
            return self.structure.to_bytes(2) + self.values
        return super().encode()


class ReportOnce(_Structures, service=3, subtype=27):
    """Report these structures now, once."""


class AppendParameters(Request, service=3, subtype=29):
    """Add parameters to a structure, whose periodic reports must be disabled."""

    structure: int = wire(Int16ub)
    parameters: list[int] = wire(Int16ub, count=Counted(8))
    groups: list[SuperCommutated] = wire(count=Counted(8))


class StructureInterval(Record):
    """How many sampling intervals lie between two reports of a structure."""

    structure: int = wire(Int16ub)
    interval: int = wire(Int16ub)


class ModifyIntervals(Request, service=3, subtype=31):
    """Change how many sampling intervals lie between two reports of each of these structures."""

    intervals: list[StructureInterval] = wire(count=Counted(8))


class ReportProperties(_Structures, service=3, subtype=33):
    """Report whether these structures are reported periodically, and how often."""


class StructureProperties(Record):
    """Whether a structure is reported periodically, and every how many sampling intervals."""

    structure: int = wire(Int16ub)
    enabled: bool = wire(Flag)
    interval: int = wire(Int16ub)


class PropertiesReport(Report, service=3, subtype=35):
    """Whether structures are reported periodically, and how often: the answer to ReportProperties."""

    properties: list[StructureProperties] = wire(count=Counted(8))


def report_of(telemetry: Telemetry) -> HousekeepingReport:
    """The housekeeping report of a sample of a declared structure."""
    return HousekeepingReport(structure=telemetry.__id__, values=telemetry.encode())


def structure_of(structure: int, parameters: Iterable[int], table: ParameterTable) -> ReportEntry:
    """The dictionary entry with which the ground reads the reports of a structure that was created by command.

    Raises RefusedError for a parameter that is not known.
    """
    entries = [table.entry(number) for number in parameters]
    fields = tuple(msgspec.structs.replace(entry.field, name=entry.name) for entry in entries)
    return ReportEntry(id=structure, name=f"Structure{structure}", fields=fields)
