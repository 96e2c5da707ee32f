"""Communications Link Control Word (CCSDS 232.0-B-4 §4.2): what a FARM reports to its FOP, four octets a TM frame.

type 1 (0) | version 2 (0) | status 3 | COP in effect 2 | virtual channel 6 | reserved 2 |
no RF 1 | no bit lock 1 | lockout 1 | wait 1 | retransmit 1 | FARM-B counter 2 | reserved 1 | report value 8
"""

from dataclasses import dataclass
from typing import Self

from link.errors import DecodeError
from link.packets.bits import Packed

_WIRE = Packed(
    "Clcw",
    type=1,
    version=2,
    status=3,
    cop=2,
    channel=6,
    reserved_high=2,
    no_rf=1,
    no_bit_lock=1,
    lockout=1,
    wait=1,
    retransmit=1,
    farm_b=2,
    reserved_low=1,
    report=8,
)
CLCW_SIZE = _WIRE.size


@dataclass(frozen=True, slots=True, kw_only=True)
class Clcw:
    """One report. `report` is N(R), the next expected frame sequence number; `farm_b` counts bypass frames modulo 4.

    `reserved` holds the three reserved bits, so that what was received encodes back to the same octets.
    """

    channel: int
    report: int
    lockout: bool = False
    wait: bool = False
    retransmit: bool = False
    farm_b: int = 0
    no_rf: bool = False
    no_bit_lock: bool = False
    status: int = 0
    cop: int = 1
    reserved: int = 0

    def encode(self) -> bytes:
        """Four octets. Raises ValueError naming a field out of its range."""
        high, low = self.reserved >> 1, self.reserved & 1
        signals = (self.no_rf, self.no_bit_lock, self.lockout, self.wait, self.retransmit)
        return _WIRE.pack(0, 0, self.status, self.cop, self.channel, high, *signals, self.farm_b, low, self.report)

    @property
    def word(self) -> int:
        """The report as the 32-bit number that a frame carries."""
        return int.from_bytes(self.encode(), "big")

    @classmethod
    def decode(cls, octets: bytes) -> Self:
        """Read four octets; what follows them is ignored. Raises DecodeError for another type or version of OCF."""
        kind, version, status, cop, channel, high, *signals, farm_b, low, report = _WIRE.unpack(octets)
        if kind or version:
            raise DecodeError(f"operational control field of type {kind}, version {version} is no CLCW")
        no_rf, no_bit_lock, lockout, wait, retransmit = map(bool, signals)
        return cls(
            channel=channel,
            report=report,
            lockout=lockout,
            wait=wait,
            retransmit=retransmit,
            farm_b=farm_b,
            no_rf=no_rf,
            no_bit_lock=no_bit_lock,
            status=status,
            cop=cop,
            reserved=high << 1 | low,
        )

    @classmethod
    def from_word(cls, word: int) -> Self:
        """The report in a 32-bit operational control field."""
        return cls.decode(word.to_bytes(CLCW_SIZE, "big"))
