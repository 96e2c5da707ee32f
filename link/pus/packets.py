"""PUS-C packets (ECSS-E-ST-70-41C §7.4): space packets with a secondary header and a CRC-16 at the end.

request: PUS version 4 (2) | acknowledgement 4 | service 8 | subtype 8 | source 16 | application data | CRC 16
report:  PUS version 4 (2) | time status 4 | service 8 | subtype 8 | type counter 16 | destination 16 | CUC time 4 + 3
         octets | source data | CRC 16
"""

import struct
from dataclasses import dataclass
from enum import IntFlag
from typing import Self

from hal.kernels.crc import crc16
from link.errors import ChecksumError, DecodeError
from link.packed import Packed
from link.space_packet import COUNT_MODULUS, Flags, SpacePacket, encode_header
from link.time_code import Cuc

VERSION = 2
_REQUEST = Packed("RequestHeader", version=4, acknowledge=4, service=8, subtype=8, source=16)
_REPORT = Packed("ReportHeader", version=4, time_status=4, service=8, subtype=8, counter=16, destination=16)
_REPORT_WORDS = struct.Struct(">BBBHH")  # the same, version and status in one: reports are many
_REQUEST_WORD = Packed("RequestId", version=3, is_command=1, has_secondary=1, apid=11, flags=2, count=14)
_TIME = Cuc()
_CRC_SIZE = 2
TM_OVERHEAD = 6 + _REPORT.size + _TIME.size + _CRC_SIZE
"""Octets that a report's packet has beyond its source data."""
TC_OVERHEAD = 6 + _REQUEST.size + _CRC_SIZE
"""Octets that a request's packet has beyond its application data."""


class Ack(IntFlag):
    """Successes that a request wants reported (§7.4.4.1); failures are always reported."""

    NONE = 0
    ACCEPTANCE = 1
    START = 2
    PROGRESS = 4
    COMPLETION = 8
    ALL = 15


@dataclass(frozen=True, slots=True)
class RequestId:
    """Which request a report is about (§8.1.2.1): the first four octets of its packet."""

    apid: int
    count: int

    @property
    def word(self) -> int:
        """As the 32-bit number in a verification report."""
        return int.from_bytes(_REQUEST_WORD.pack(0, 1, 1, self.apid, Flags.UNSEGMENTED, self.count))

    @classmethod
    def of(cls, word: int) -> Self:
        """From the 32-bit number; its version, type and flags are not looked at."""
        *_, apid, _flags, count = _REQUEST_WORD.unpack(word.to_bytes(4))
        return cls(apid, count)

    def __str__(self) -> str:
        return f"{self.apid}/{self.count}"


@dataclass(slots=True, kw_only=True)
class TcPacket:
    """A request; `data` is its application data."""

    apid: int
    count: int
    service: int
    subtype: int
    data: bytes = b""
    acknowledge: Ack = Ack.ALL
    source: int = 0

    @property
    def request(self) -> RequestId:
        """What its verification reports call it."""
        return RequestId(self.apid, self.count)

    def encode(self) -> bytes:
        """The space packet. Raises ValueError naming a field out of its range."""
        head = _REQUEST.pack(VERSION, self.acknowledge, self.service, self.subtype, self.source)
        return _sealed(self.apid, self.count, head + self.data, is_command=True)

    @classmethod
    def decode(cls, octets: bytes) -> Self:
        """Read one whole packet. Raises DecodeError."""
        packet = _opened(octets, is_command=True)
        version, acknowledge, service, subtype, source = _REQUEST.unpack(packet.data)
        _check_version(version)
        return cls(
            apid=packet.apid,
            count=packet.count,
            service=service,
            subtype=subtype,
            data=_body(packet, _REQUEST.size),
            acknowledge=Ack(acknowledge),
            source=source,
        )


@dataclass(slots=True, kw_only=True)
class TmPacket:
    """A report; `data` is its source data, `time_ns` its generation time in UTC nanoseconds since 1970.

    `counter` counts packets of this type to this destination; `time_status` says how the clock is synchronised.
    """

    apid: int
    count: int
    service: int
    subtype: int
    data: bytes
    time_ns: int
    counter: int = 0
    destination: int = 0
    time_status: int = 0

    def encode(self) -> bytes:
        """The space packet. Raises ValueError naming a field out of its range."""
        fields = (self.service, self.subtype, self.counter, self.destination)
        try:
            head = _REPORT_WORDS.pack(VERSION << 4 | self.time_status if self.time_status < 16 else -1, *fields)
        except struct.error:
            head = _REPORT.pack(VERSION, self.time_status, *fields)  # says which of them is out of its range
        return _sealed(self.apid, self.count, head + _TIME.encode(self.time_ns) + self.data, is_command=False)

    @classmethod
    def decode(cls, octets: bytes) -> Self:
        """Read one whole packet. Raises DecodeError."""
        packet = _opened(octets, is_command=False)
        version, time_status, service, subtype, counter, destination = _REPORT.unpack(packet.data)
        _check_version(version)
        data = _body(packet, _REPORT.size)
        return cls(
            apid=packet.apid,
            count=packet.count,
            service=service,
            subtype=subtype,
            data=data[_TIME.size :],
            time_ns=_TIME.decode(data),
            counter=counter,
            destination=destination,
            time_status=time_status,
        )


def _sealed(apid: int, count: int, data: bytes, *, is_command: bool) -> bytes:
    """The packet with its CRC; room for the CRC is part of the length that the CRC covers."""
    packet = encode_header(apid, count % COUNT_MODULUS, len(data) + _CRC_SIZE, is_command, True) + data
    return packet + crc16(packet).to_bytes(_CRC_SIZE)


def _opened(octets: bytes, *, is_command: bool) -> SpacePacket:
    """The space packet that all of `octets` are, its CRC checked before any field is trusted."""
    if len(octets) > _CRC_SIZE and crc16(octets):
        raise ChecksumError(expected=int.from_bytes(octets[-_CRC_SIZE:]), computed=crc16(octets[:-_CRC_SIZE]))
    packet = SpacePacket.decode(octets)
    if packet.size != len(octets):
        raise DecodeError(f"{len(octets)} octets, the packet says {packet.size}")
    if packet.is_command != is_command or not packet.has_secondary:
        raise DecodeError(f"not a PUS {'request' if is_command else 'report'}")
    return packet


def _check_version(version: int) -> None:
    if version != VERSION:
        raise DecodeError(f"PUS version {version}, expected {VERSION}")


def _body(packet: SpacePacket, header_size: int) -> bytes:
    if len(packet.data) < header_size + _CRC_SIZE:
        raise DecodeError(f"{len(packet.data)} octets of data, too few for the secondary header and the CRC")
    return packet.data[header_size:-_CRC_SIZE]
