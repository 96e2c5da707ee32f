"""AOS transfer frames (CCSDS 732.0-B-4 §4.1).

version 2 (1) | spacecraft, low 8 | virtual channel 6 | virtual channel count 24 |
replay 1 | cycle in use 1 | spacecraft, high 2 | cycle 4 | insert zone, if managed so | data | OCF 32, if managed so |
FECF 16, if managed so

The data field holds by management an M_PDU (packets: reserved 5 | first header pointer 11 | packet zone), a B_PDU
(bits: reserved 2 | pointer to the last valid bit 14 | bitstream zone) or the user's own octets. The optional
header error control field is not used.
"""

from dataclasses import dataclass
from typing import NamedTuple, Self

from link.errors import DecodeError, TruncatedError
from link.fecf import with_fecf, without_fecf
from link.packets.bits import Packed

_WIRE = Packed(
    "AosHeader",
    version=2,
    spacecraft_low=8,
    channel=6,
    count=24,
    replay=1,
    has_cycle=1,
    spacecraft_high=2,
    cycle=4,
)
_M_PDU = Packed("MPdu", reserved=5, first_header=11)
_B_PDU = Packed("BPdu", reserved=2, last_bit=14)
AOS_HEADER_SIZE = _WIRE.size
M_PDU_HEADER_SIZE = _M_PDU.size
OCF_SIZE = 4
VERSION = 1
IDLE_CHANNEL = 63
"""The virtual channel of frames that hold only idle data (§4.1.2.3.3)."""
AOS_COUNT_MODULUS = 1 << 24
NO_HEADER = 0x7FF
ONLY_IDLE = 0x7FE
ALL_BITS = 0x3FFF
NO_BITS = 0x3FFE


@dataclass(slots=True, kw_only=True)
class AosFrame:
    """One frame. `cycle` extends `count` by 4 bits where it is in use; `ocf` is the OCF as a 32-bit word.

    `unused_cycle` keeps the received bits of an unused cycle, so that a frame encodes back to the same octets.
    """

    spacecraft_id: int
    channel: int
    count: int
    data: bytes
    replay: bool = False
    cycle: int | None = None
    insert: bytes = b""
    ocf: int | None = None
    unused_cycle: int = 0

    def encode(self, *, fecf: bool = True) -> bytes:
        """The whole frame, its error control field last if `fecf`. Raises ValueError naming what is out of range."""
        high, low = divmod(self.spacecraft_id, 256)
        cycle = self.unused_cycle if self.cycle is None else self.cycle
        signalling = (self.replay, self.cycle is not None, high, cycle)
        octets = _WIRE.pack(VERSION, low, self.channel, self.count, *signalling) + self.insert + self.data
        if self.ocf is not None:
            octets += self.ocf.to_bytes(OCF_SIZE)
        return with_fecf(octets) if fecf else octets

    @classmethod
    def decode(cls, octets: bytes, *, fecf: bool = True, ocf: bool = False, insert_octets: int = 0) -> Self:
        """Read a frame that is as long as `octets`, with the parts that are managed.

        Raises TruncatedError, ChecksumError or DecodeError.
        """
        if fecf:
            octets = without_fecf(octets)
        version, low, channel, count, replay, has_cycle, high, cycle = _WIRE.unpack(octets)
        if version != VERSION:
            raise DecodeError(f"transfer frame version {version}, an AOS frame has {VERSION}")
        start, end = AOS_HEADER_SIZE + insert_octets, len(octets) - OCF_SIZE * ocf
        if end <= start:
            raise TruncatedError(needed=start + 1 + OCF_SIZE * ocf, given=len(octets))
        return cls(
            spacecraft_id=high << 8 | low,
            channel=channel,
            count=count,
            data=octets[start:end],
            replay=bool(replay),
            cycle=cycle if has_cycle else None,
            unused_cycle=0 if has_cycle else cycle,
            insert=octets[AOS_HEADER_SIZE:start],
            ocf=int.from_bytes(octets[end:]) if ocf else None,
        )


class MPdu(NamedTuple):
    """A data field of packets (§4.1.4.2): `first_header` counts octets of the `zone`, or is NO_HEADER or ONLY_IDLE."""

    first_header: int
    zone: bytes

    def encode(self) -> bytes:
        """The data field. Raises ValueError for a pointer out of range."""
        return _M_PDU.pack(0, self.first_header) + self.zone

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Read a data field; the reserved bits are ignored. Raises TruncatedError."""
        _, first_header = _M_PDU.unpack(data)
        return cls(first_header, data[_M_PDU.size :])


class BPdu(NamedTuple):
    """A data field of bits (§4.1.4.3): the first `bits` of the `zone` are the user's, the others fill."""

    bits: int
    zone: bytes

    def encode(self) -> bytes:
        """The data field. Raises ValueError if there are more bits than the zone has."""
        if not 0 <= self.bits <= 8 * len(self.zone):
            raise ValueError(f"bits = {self.bits}, expected 0..{8 * len(self.zone)}")
        if self.bits in (0, 8 * len(self.zone)):
            return _B_PDU.pack(0, ALL_BITS if self.bits else NO_BITS) + self.zone
        if self.bits > NO_BITS:
            raise ValueError(f"bits = {self.bits} of a longer zone, expected up to {NO_BITS}")
        return _B_PDU.pack(0, self.bits - 1) + self.zone

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Read a data field; the reserved bits are ignored. Raises TruncatedError or DecodeError."""
        _, last_bit = _B_PDU.unpack(data)
        zone = data[_B_PDU.size :]
        bits = {NO_BITS: 0, ALL_BITS: 8 * len(zone)}.get(last_bit, last_bit + 1)
        if bits > 8 * len(zone):
            raise DecodeError(f"bitstream pointer {last_bit}, the zone has {8 * len(zone)} bits")
        return cls(bits, zone)
