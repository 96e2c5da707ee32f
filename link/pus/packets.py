"""PUS-C packets (ECSS-E-ST-70-41C §7.4): space packets with a secondary header and a CRC-16 at the end.

request: PUS version 4 (2) | acknowledgement 4 | service 8 | subtype 8 | source 16 | application data | CRC 16
report:  PUS version 4 (2) | time status 4 | service 8 | subtype 8 | type counter 16 | destination 16 | CUC time 4 + 3
         octets | source data | CRC 16
"""

import struct
from dataclasses import dataclass, field
from enum import IntFlag
from typing import Self

from kernels.coding.crc import crc16
from link.errors import ChecksumError, DecodeError, TruncatedError
from link.packets.bits import Packed
from link.packets.space_packet import COUNT_MODULUS, FLAGS, PACKET_OCTETS_MAX, Flags, SpacePacket, encode_header
from link.time.binary import Cuc

PUS_VERSION = 2
_REQUEST = Packed("RequestHeader", version=4, acknowledge=4, service=8, subtype=8, source=16)
_REPORT = Packed("ReportHeader", version=4, time_status=4, service=8, subtype=8, counter=16, destination=16)
_HEADS = struct.Struct(">HHHBBBHH")  # both headers of a report in one piece, for speed: reports are many
_REPORT_TYPE = 0b00001
"""Version 0, a report, with a secondary header: the five bits before the APID."""
_UNSEGMENTED = Flags.UNSEGMENTED << 14
_REQUEST_HEADS = struct.Struct(">HHHBBBH")
"""Both headers of a request in one piece."""
_REQUEST_TYPE = 0b00011
"""Version 0, a request, with a secondary header: the five bits before the APID."""
_REQUEST_WORD = Packed("RequestId", version=3, is_command=1, has_secondary=1, apid=11, flags=2, count=14)
_TIME = Cuc()
_CRC_SIZE = 2
TM_OVERHEAD = 6 + _REPORT.size + _TIME.size + _CRC_SIZE
"""Octets of a report's packet that are not source data."""
TM_DATA_MAX = PACKET_OCTETS_MAX - TM_OVERHEAD
"""Octets of source data that a report can have."""
_REPORT_DATA = TM_OVERHEAD - _CRC_SIZE
_REPORT_LENGTH = TM_OVERHEAD - 6 - 1
"""The packet data length field of a report without source data."""
TC_OVERHEAD = 6 + _REQUEST.size + _CRC_SIZE
"""Octets of a request's packet that are not application data."""


class AckFlags(IntFlag):
    """Successes that a request wants reported (§7.4.4.1); failures are always reported."""

    NONE = 0
    ACCEPTANCE = 1
    START = 2
    PROGRESS = 4
    COMPLETION = 8
    ALL = 15


_ACKNOWLEDGE = tuple(AckFlags(number) for number in range(16))


def _request_word(apid: int, flags: int, count: int) -> int:
    """The first four octets of a request's packet as a number. Raises ValueError naming what is out of range."""
    if apid >> 11 or flags >> 2 or count >> 14:
        _REQUEST_WORD.pack(0, 1, 1, apid, flags, count)
    return _REQUEST_TYPE << 27 | apid << 16 | flags << 14 | count


@dataclass(frozen=True, slots=True)
class RequestId:
    """Which request a report is about (§8.1.2.1): the first four octets of its packet.

    `flags` are the packet's own; two requests are told apart by APID and count alone.
    """

    apid: int
    count: int
    flags: Flags = field(default=Flags.UNSEGMENTED, compare=False)

    @property
    def word(self) -> int:
        """The 32 bits of a verification report that name the request."""
        return _request_word(self.apid, self.flags, self.count)

    @classmethod
    def of(cls, word: int) -> Self:
        """The request that the 32 bits `word` of a verification report name; their version and type are ignored."""
        *_, apid, flags, count = _REQUEST_WORD.unpack(word.to_bytes(4))
        return cls(apid, count, Flags(flags))

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
    acknowledge: AckFlags = AckFlags.ALL
    source: int = 0
    flags: Flags = Flags.UNSEGMENTED

    @property
    def request(self) -> RequestId:
        """The identifier by which verification reports name the request."""
        return RequestId(self.apid, self.count, self.flags)

    @property
    def request_word(self) -> int:
        """`request` as the 32 bits of a verification report."""
        return _request_word(self.apid, self.flags, self.count)

    def encode(self) -> bytes:
        """The space packet. Raises ValueError naming a field out of its range."""
        head = _REQUEST.pack(PUS_VERSION, self.acknowledge, self.service, self.subtype, self.source)
        body = head + self.data
        size = len(body) + _CRC_SIZE
        packet = encode_header(self.apid, self.count % COUNT_MODULUS, size, True, True, self.flags) + body
        return packet + crc16(packet).to_bytes(_CRC_SIZE)

    @classmethod
    def decode(cls, octets: bytes) -> Self:
        """Read one whole packet. Raises DecodeError."""
        _check(octets, TC_OVERHEAD)
        identification, sequence, length, status, service, subtype, source = _REQUEST_HEADS.unpack_from(octets)
        if identification >> 11 != _REQUEST_TYPE or length + 7 != len(octets) or status >> 4 != PUS_VERSION:
            raise _refusal(octets, is_command=True)
        return cls(
            apid=identification & 0x7FF,
            count=sequence & 0x3FFF,
            service=service,
            subtype=subtype,
            data=octets[_REQUEST_HEADS.size : -_CRC_SIZE],
            acknowledge=_ACKNOWLEDGE[status & 15],
            source=source,
            flags=FLAGS[sequence >> 14],
        )


@dataclass(slots=True)
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
        if self.apid >> 11 or self.time_status >> 4:
            raise self._out_of_range()
        try:
            head = _HEADS.pack(
                _REPORT_TYPE << 11 | self.apid,
                _UNSEGMENTED | self.count % COUNT_MODULUS,
                _REPORT_LENGTH + len(self.data),
                PUS_VERSION << 4 | self.time_status,
                self.service,
                self.subtype,
                self.counter,
                self.destination,
            )
        except struct.error:
            raise self._out_of_range() from None
        octets = head + _TIME.encode(self.time_ns) + self.data
        return octets + crc16(octets).to_bytes(_CRC_SIZE)

    @classmethod
    def decode(cls, octets: bytes) -> Self:
        """Read one whole packet. Raises DecodeError."""
        _check(octets, TM_OVERHEAD)
        identification, sequence, length, status, service, subtype, counter, destination = _HEADS.unpack_from(octets)
        if identification >> 11 != _REPORT_TYPE or length + 7 != len(octets) or status >> 4 != PUS_VERSION:
            raise _refusal(octets, is_command=False)
        return cls(  # by position: it costs less than by name
            identification & 0x7FF,
            sequence & 0x3FFF,
            service,
            subtype,
            octets[_REPORT_DATA:-_CRC_SIZE],
            _TIME.decode(octets[_HEADS.size : _REPORT_DATA]),
            counter,
            destination,
            status & 15,
        )

    def _out_of_range(self) -> ValueError:
        """The error of the field that is out of its range, from the slower encoders, which check each field."""
        try:
            encode_header(self.apid, self.count % COUNT_MODULUS, TM_OVERHEAD - 6 + len(self.data), False, True)
            _REPORT.pack(PUS_VERSION, self.time_status, self.service, self.subtype, self.counter, self.destination)
        except ValueError as error:
            return error
        raise AssertionError(self)


def _check(octets: bytes, size_min: int) -> None:
    """Raise DecodeError for a wrong CRC or for too few octets, before any field is trusted."""
    if len(octets) > _CRC_SIZE and crc16(octets):
        raise ChecksumError(expected=int.from_bytes(octets[-_CRC_SIZE:]), computed=crc16(octets[:-_CRC_SIZE]))
    if len(octets) < size_min:
        raise TruncatedError(needed=size_min, given=len(octets))


def _refusal(octets: bytes, *, is_command: bool) -> DecodeError:
    """The error of a packet whose CRC is right and whose header is not."""
    packet = SpacePacket.decode(octets)
    if packet.size != len(octets):
        return DecodeError(f"{len(octets)} octets, the packet says {packet.size}")
    if packet.is_command != is_command or not packet.has_secondary:
        return DecodeError(f"not a PUS {'request' if is_command else 'report'}")
    return DecodeError(f"PUS version {packet.data[0] >> 4}, expected {PUS_VERSION}")
