"""The packet of a time report: no secondary header, no CRC, and APID 0 (ECSS-E-ST-70-41C §6.9.4, §8.9.2.2)."""

from link.errors import DecodeError
from link.packets.space_packet import COUNT_MODULUS, SpacePacket
from link.pus.services.time import TIME_APID, TimeReport


def encode_time_packet(report: TimeReport, count: int) -> bytes:
    """The packet number `count` of APID 0."""
    return SpacePacket(TIME_APID, count % COUNT_MODULUS, report.encode()).encode()


def decode_time_packet(octets: bytes) -> TimeReport:
    """The report in a packet of APID 0. Raises DecodeError."""
    packet = SpacePacket.decode(octets)
    if packet.apid != TIME_APID or packet.is_command or packet.has_secondary:
        raise DecodeError(f"APID {packet.apid} carries no time report")
    return TimeReport.decode(packet.data)
