"""Housekeeping, service 3 (ECSS-E-ST-70-41C §8.3)."""

from link.dictionary.declare import Telemetry
from link.dictionary.kinds import Int16ub, Octets, Rest
from link.dictionary.wires import wire
from link.pus.message import Report


class HousekeepingReport(Report, service=3, subtype=25):
    """The values of one housekeeping structure."""

    structure: int = wire(Int16ub)
    values: bytes = wire(Octets(Rest()))


def report_of(telemetry: Telemetry) -> HousekeepingReport:
    """The report of a declared structure."""
    return HousekeepingReport(structure=telemetry.__id__, values=telemetry.encode())
