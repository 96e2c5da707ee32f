"""Configuration of a CFDP entity for the other end and the link (CCSDS 727.0-B-5 §8.3: the MIB)."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from link.cfdp.pdus.codes import ChecksumType, ConditionCode, FaultHandler

MS_NS = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Settings of an entity. `pdu_octets_max` bounds every PDU sent, so that it fits the packets below.

    Timers run from the moment a PDU is handed out; an interval should exceed the round trip and the time that a PDU
    waits in queues below: `ack_ms` for the ACK of EOF and Finished, `nak_ms` for data that a NAK asked for, `check_ms`
    for the rest of a file in class 1 and for any PDU of a receiver that has acknowledged EOF, `inactivity_ms` for any
    PDU. `*_limit`: expirations in a row before the fault. `handlers`: action for a fault, by default
    FaultHandler.CANCEL. `gaps_max` bounds the missing ranges that a receiver remembers. Raises ValueError
    naming a setting out of range.
    """

    pdu_octets_max: int = 1024
    checksum: ChecksumType = ChecksumType.CRC32C
    crc: bool = False
    id_octets: int = 2
    sequence_octets: int = 4
    immediate_nak: bool = True
    ack_ms: int = 2_000
    ack_limit: int = 50
    nak_ms: int = 2_000
    nak_limit: int = 50
    check_ms: int = 2_000
    check_limit: int = 50
    inactivity_ms: int = 300_000
    gaps_max: int = 4096
    handlers: Mapping[ConditionCode, FaultHandler] = field(default_factory=dict)

    def __post_init__(self) -> None:
        _require("pdu_octets_max", self.pdu_octets_max, 64, 65535)
        _require("id_octets", self.id_octets, 1, 8)
        _require("sequence_octets", self.sequence_octets, 1, 8)
        for name in ("ack_ms", "ack_limit", "nak_ms", "nak_limit", "check_ms", "check_limit", "inactivity_ms"):
            _require(name, getattr(self, name), 1, 1 << 40)
        _require("gaps_max", self.gaps_max, 1, 1 << 24)


def _require(name: str, value: int, least: int, most: int) -> None:
    if not least <= value <= most:
        raise ValueError(f"{name} = {value}, expected {least}..{most}")
