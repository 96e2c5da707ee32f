"""One telemetry packet, read by its own headers and then by the dictionary."""

from typing import NamedTuple

from ground.archive.rows import PacketRow
from link.dictionary import Dictionary, Happening, Sample
from link.pus.catalogue import read_report
from link.pus.message import Report
from link.pus.packets import TmPacket
from link.pus.services.events import EventReport
from link.pus.services.housekeeping import HousekeepingReport

BEACON_STRUCTURE = 1
"""The id of the housekeeping structure that begins with the version of the node's dictionary in every mission."""
VERSION_OCTETS = 8


class Reading(NamedTuple):
    """One packet: headers, the report in it, and its structure or event number (0 for other reports)."""

    packet: TmPacket
    report: Report
    definition: int

    @property
    def flown_version(self) -> str | None:
        """The dictionary version in a beacon; None in any other packet."""
        if isinstance(self.report, HousekeepingReport) and self.definition == BEACON_STRUCTURE:
            return self.report.values[:VERSION_OCTETS].hex()
        return None

    def content(self, dictionary: Dictionary) -> Sample | Happening | Report:
        """The report decoded by `dictionary`. Raises DecodeError where it does not fit."""
        match self.report:
            case HousekeepingReport():
                return dictionary.decode_report(self.report.structure, self.report.values)
            case EventReport():
                return dictionary.decode_event(self.report.event, self.report.auxiliary)
        return self.report

    def row(self, octets: bytes, received_ns: int, version: str) -> PacketRow:
        """The packet as a row of the archive; `version` is that of the dictionary that the node flew."""
        packet = self.packet
        kind = packet.apid, packet.service, packet.subtype, self.definition
        return PacketRow(*kind, packet.time_ns, packet.count, received_ns, version, octets)


def read_packet(octets: bytes) -> Reading:
    """Headers and report of one whole space packet. Raises DecodeError."""
    packet = TmPacket.decode(octets)
    return reading_of(packet, read_report(packet))


def reading_of(packet: TmPacket, report: Report) -> Reading:
    """A report that came in `packet`, or whose last part did."""
    return Reading(packet, report, _definition(report))


def _definition(report: Report) -> int:
    match report:
        case HousekeepingReport():
            return report.structure
        case EventReport():
            return report.event
    return 0
