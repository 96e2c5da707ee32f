"""CFDP file directives (CCSDS 727.0-B-5 §5.2): the PDUs that manage a transaction; one class each, layout beside it.

Spare bits are sent as zero and ignored when received, as older issues of the standard used some of them.
"""

from dataclasses import dataclass
from typing import ClassVar, Self

from link.cfdp.pdus.codes import ConditionCode, DeliveryCode, Directive, FileStatus, TransactionStatus
from link.cfdp.pdus.fields import OctetReader, code, name_octets, number, size_octets
from link.cfdp.pdus.intervals import Range
from link.cfdp.pdus.tlv import FilestoreResponse, Tlv, encode_fault_location, encode_tlvs, fault_location, read_tlvs
from link.errors import DecodeError

METADATA_RANGE: Range = (0, 0)
"""The segment request that asks for the Metadata PDU (§5.2.6.2)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Eof:
    """EOF: all data are sent, or the sender cancels. `fault_location`: the entity that cancelled, b"" without error."""

    CODE: ClassVar = Directive.EOF
    condition: ConditionCode = ConditionCode.NO_ERROR
    checksum: int
    file_size: int
    fault_location: bytes = b""

    def encode(self, large: bool) -> bytes:
        """condition 4 | spare 4 | checksum 32 | file size | fault location TLV, if any."""
        head = bytes((self.condition << 4,)) + number(self.checksum, 4, "checksum")
        size = number(self.file_size, size_octets(large), "file_size")
        return head + size + encode_fault_location(self.fault_location)

    @classmethod
    def decode(cls, reader: OctetReader, large: bool) -> Self:
        """The inverse of `encode`."""
        return cls(
            condition=code(ConditionCode, reader.number(1) >> 4),
            checksum=reader.number(4),
            file_size=reader.number(size_octets(large)),
            fault_location=fault_location(read_tlvs(reader)),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """Finished: how the transaction ended at the receiver."""

    CODE: ClassVar = Directive.FINISHED
    condition: ConditionCode = ConditionCode.NO_ERROR
    delivery: DeliveryCode
    file_status: FileStatus
    responses: tuple[FilestoreResponse, ...] = ()
    fault_location: bytes = b""

    def encode(self, large: bool) -> bytes:
        """condition 4 | spare 1 | delivery 1 | file status 2 | filestore response TLVs | fault location TLV, if any."""
        head = bytes((self.condition << 4 | self.delivery << 2 | self.file_status,))
        return head + encode_tlvs(self.responses) + encode_fault_location(self.fault_location)

    @classmethod
    def decode(cls, reader: OctetReader, large: bool) -> Self:
        """The inverse of `encode`."""
        head, parts = reader.number(1), read_tlvs(reader)
        return cls(
            condition=code(ConditionCode, head >> 4),
            delivery=DeliveryCode(head >> 2 & 1),
            file_status=FileStatus(head & 3),
            responses=tuple(part for part in parts if isinstance(part, FilestoreResponse)),
            fault_location=fault_location(parts),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Ack:
    """ACK: an EOF or a Finished PDU has arrived."""

    CODE: ClassVar = Directive.ACK
    directive: Directive
    condition: ConditionCode
    status: TransactionStatus

    def encode(self, large: bool) -> bytes:
        """directive 4 | subtype 4 (1 for Finished) | condition 4 | spare 2 | transaction status 2."""
        subtype = self.directive is Directive.FINISHED
        return bytes((self.directive << 4 | subtype, self.condition << 4 | self.status))

    @classmethod
    def decode(cls, reader: OctetReader, large: bool) -> Self:
        """The inverse of `encode`."""
        directive, state = code(Directive, reader.number(1) >> 4), reader.number(1)
        if directive not in (Directive.EOF, Directive.FINISHED):
            raise DecodeError(f"ACK of {directive.name}, which is never acknowledged")
        return cls(directive=directive, condition=code(ConditionCode, state >> 4), status=TransactionStatus(state & 3))


@dataclass(frozen=True, slots=True, kw_only=True)
class Metadata:
    """Metadata: names, size and options of the file. `file_size` is 0 if unbounded; `checksum` a number, not only those
    of ChecksumType.
    """

    CODE: ClassVar = Directive.METADATA
    closure: bool = False
    checksum: int
    file_size: int
    source_name: str
    destination_name: str
    options: tuple[Tlv, ...] = ()

    def encode(self, large: bool) -> bytes:
        """spare 1 | closure 1 | spare 2 | checksum type 4 | file size | source name LV | destination name LV | TLVs."""
        if self.checksum >> 4:
            raise ValueError(f"checksum type = {self.checksum}, expected 0..15")
        head = bytes((self.closure << 6 | self.checksum,))
        size = number(self.file_size, size_octets(large), "file_size")
        names = name_octets(self.source_name) + name_octets(self.destination_name)
        return head + size + names + encode_tlvs(self.options)

    @classmethod
    def decode(cls, reader: OctetReader, large: bool) -> Self:
        """The inverse of `encode`."""
        head = reader.number(1)
        return cls(
            closure=bool(head >> 6 & 1),
            checksum=head & 15,
            file_size=reader.number(size_octets(large)),
            source_name=reader.name(),
            destination_name=reader.name(),
            options=read_tlvs(reader),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Nak:
    """NAK: the ranges missing between `start` and `end`; METADATA_RANGE among them asks for the Metadata PDU."""

    CODE: ClassVar = Directive.NAK
    start: int
    end: int
    requests: tuple[Range, ...] = ()

    def encode(self, large: bool) -> bytes:
        """start of scope | end of scope | (start, end) of each request."""
        octets, pairs = size_octets(large), ((self.start, self.end), *self.requests)
        return b"".join(number(offset, octets, "offset") for pair in pairs for offset in pair)

    @classmethod
    def decode(cls, reader: OctetReader, large: bool) -> Self:
        """The inverse of `encode`."""
        octets = size_octets(large)
        start, end, count = reader.number(octets), reader.number(octets), reader.left // (2 * octets)
        requests = tuple((reader.number(octets), reader.number(octets)) for _ in range(count))
        if reader.left:
            raise DecodeError(f"NAK ends with {reader.left} octets, expected segment requests of {2 * octets} octets")
        return cls(start=start, end=end, requests=requests)


@dataclass(frozen=True, slots=True)
class Prompt:
    """Prompt: the sender asks for a Keep Alive PDU, or else for a NAK at once."""

    CODE: ClassVar = Directive.PROMPT
    keep_alive: bool

    def encode(self, large: bool) -> bytes:
        """response required 1 | spare 7."""
        return bytes((self.keep_alive << 7,))

    @classmethod
    def decode(cls, reader: OctetReader, large: bool) -> Self:
        """The inverse of `encode`."""
        return cls(bool(reader.number(1) >> 7))


@dataclass(frozen=True, slots=True)
class KeepAlive:
    """Keep Alive: the receiver has received `progress` octets."""

    CODE: ClassVar = Directive.KEEP_ALIVE
    progress: int

    def encode(self, large: bool) -> bytes:
        """progress (file size field)."""
        return number(self.progress, size_octets(large), "progress")

    @classmethod
    def decode(cls, reader: OctetReader, large: bool) -> Self:
        """The inverse of `encode`."""
        return cls(reader.number(size_octets(large)))
