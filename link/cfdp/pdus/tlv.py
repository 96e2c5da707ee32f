"""Type-length-value (TLV) fields of CFDP directives (CCSDS 727.0-B-5 §5.4): options of a transfer and their results.

type 8 | length 8 | value
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import IntEnum
from typing import ClassVar, Self

from link.cfdp.pdus.codes import ConditionCode, FaultHandler
from link.cfdp.pdus.fields import OctetReader, code, length_value, name_octets


class FilestoreAction(IntEnum):
    """Action code of a filestore request (table 5-16)."""

    CREATE_FILE = 0
    DELETE_FILE = 1
    RENAME_FILE = 2
    APPEND_FILE = 3
    REPLACE_FILE = 4
    CREATE_DIRECTORY = 5
    REMOVE_DIRECTORY = 6
    DENY_FILE = 7
    DENY_DIRECTORY = 8


NOT_PERFORMED = 15
"""Status code of a filestore response whose request was not tried (table 5-18)."""
_TWO_NAMES = frozenset((FilestoreAction.RENAME_FILE, FilestoreAction.APPEND_FILE, FilestoreAction.REPLACE_FILE))


@dataclass(frozen=True, slots=True)
class FilestoreRequest:
    """One change that the destination makes to its file store after the file is delivered (§5.4.1)."""

    TYPE: ClassVar[int] = 0
    action: FilestoreAction
    first_name: str
    second_name: str = ""

    def value(self) -> bytes:
        """action 4 | spare 4 | first name LV | second name LV, for the actions that have one."""
        second = name_octets(self.second_name) if self.action in _TWO_NAMES else b""
        return bytes((self.action << 4,)) + name_octets(self.first_name) + second

    @classmethod
    def read(cls, value: bytes) -> Self:
        """The inverse of `value`."""
        reader = OctetReader(value)
        action = code(FilestoreAction, reader.number(1) >> 4)
        return cls(action, reader.name(), reader.name() if action in _TWO_NAMES else "")


@dataclass(frozen=True, slots=True)
class FilestoreResponse:
    """How a request ended (§5.4.2): `status` 0 is done, 15 not tried, others depend on the action (table 5-18)."""

    TYPE: ClassVar[int] = 1
    action: FilestoreAction
    status: int
    first_name: str
    second_name: str = ""
    message: bytes = b""

    def value(self) -> bytes:
        """action 4 | status 4 | first name LV | second name LV, if any | message LV."""
        second = name_octets(self.second_name) if self.action in _TWO_NAMES else b""
        if self.status >> 4:
            raise ValueError(f"status = {self.status}, expected 0..15")
        head = bytes((self.action << 4 | self.status,))
        return head + name_octets(self.first_name) + second + length_value(self.message)

    @classmethod
    def read(cls, value: bytes) -> Self:
        """The inverse of `value`."""
        reader = OctetReader(value)
        head = reader.number(1)
        action = code(FilestoreAction, head >> 4)
        first, second = reader.name(), reader.name() if action in _TWO_NAMES else ""
        return cls(action, head & 15, first, second, reader.length_value() if reader.left else b"")


@dataclass(frozen=True, slots=True)
class MessageToUser:
    """Octets for the receiving user, not for CFDP (§5.4.3)."""

    TYPE: ClassVar[int] = 2
    octets: bytes

    def value(self) -> bytes:
        """The octets."""
        return self.octets

    @classmethod
    def read(cls, value: bytes) -> Self:
        """The inverse of `value`."""
        return cls(value)


@dataclass(frozen=True, slots=True)
class FaultHandlerOverride:
    """Another handler for one fault, in this transaction only (§5.4.4)."""

    TYPE: ClassVar[int] = 4
    condition: ConditionCode
    handler: FaultHandler

    def value(self) -> bytes:
        """condition 4 | handler 4."""
        return bytes((self.condition << 4 | self.handler,))

    @classmethod
    def read(cls, value: bytes) -> Self:
        """The inverse of `value`."""
        octet = OctetReader(value).number(1)
        return cls(code(ConditionCode, octet >> 4), code(FaultHandler, octet & 15))


@dataclass(frozen=True, slots=True)
class EntityId:
    """Entity ID (§5.4.6), as the location of a fault: most significant octet first, in any width."""

    TYPE: ClassVar[int] = 6
    octets: bytes

    def value(self) -> bytes:
        """The octets."""
        return self.octets

    @classmethod
    def read(cls, value: bytes) -> Self:
        """The inverse of `value`."""
        return cls(value)


@dataclass(frozen=True, slots=True)
class Other:
    """A TLV that is only carried: flow labels (§5.4.5), and types that later issues may add."""

    type: int
    octets: bytes

    def value(self) -> bytes:
        """The octets."""
        return self.octets


Tlv = FilestoreRequest | FilestoreResponse | MessageToUser | FaultHandlerOverride | EntityId | Other
_READERS: dict[int, Callable[[bytes], Tlv]] = {
    kind.TYPE: kind.read
    for kind in (FilestoreRequest, FilestoreResponse, MessageToUser, FaultHandlerOverride, EntityId)
}


def encode_tlv(part: Tlv) -> bytes:
    """Octets of one TLV. Raises ValueError for a value beyond 255 octets."""
    return bytes((part.type if isinstance(part, Other) else part.TYPE,)) + length_value(part.value())


def encode_tlvs(parts: tuple[Tlv, ...]) -> bytes:
    """Octets of several TLVs, one after the other."""
    return b"".join(map(encode_tlv, parts))


def read_tlvs(reader: OctetReader) -> tuple[Tlv, ...]:
    """All TLVs up to the end. Raises DecodeError."""
    return tuple(_each(reader))


def _each(reader: OctetReader) -> Iterator[Tlv]:
    while reader.left:
        kind, value = reader.number(1), reader.length_value()
        read = _READERS.get(kind)
        yield read(value) if read else Other(kind, value)


def encode_fault_location(octets: bytes) -> bytes:
    """The entity ID TLV that ends an EOF or Finished PDU about a fault; b"" for no octets."""
    return encode_tlv(EntityId(octets)) if octets else b""


def fault_location(parts: tuple[Tlv, ...]) -> bytes:
    """The octets of the entity ID among the TLVs, b"" where there is none."""
    return next((part.octets for part in parts if isinstance(part, EntityId)), b"")
