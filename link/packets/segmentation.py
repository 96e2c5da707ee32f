"""User data longer than a packet: segments by sequence flags (CCSDS 133.0-B-2 §4.1.3.4.2)."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from link.packets.arrivals import Arrivals
from link.packets.space_packet import COUNT_MODULUS, Flags, SpacePacket


def segmented(
    apid: int, count: int, data: bytes, data_octets_max: int, *, is_command: bool = False
) -> Iterator[SpacePacket]:
    """Packets with up to `data_octets_max` of `data` each, their sequence counts running on from `count`."""
    pieces = [data[at : at + data_octets_max] for at in range(0, len(data), data_octets_max)]
    for number, piece in enumerate(pieces):
        yield SpacePacket(apid, (count + number) % COUNT_MODULUS, piece, is_command, flags=_flags(number, len(pieces)))


def _flags(number: int, pieces: int) -> Flags:
    """FIRST and LAST are single bits: a packet that is both is unsegmented."""
    return Flags(Flags.FIRST * (number == 0) | Flags.LAST * (number == pieces - 1))


@dataclass(slots=True)
class _Progress:
    """One APID: its packets, and the segments of the data in progress; None when none is."""

    arrivals: Arrivals = field(default_factory=lambda: Arrivals(COUNT_MODULUS))
    data: bytearray | None = None


@dataclass(slots=True)
class Reassembler:
    """Reassembles segments into user data, separately for each APID; `octets_max` bounds the data of one APID.

    Data with a segment missing or late are dropped, and each loss of an APID's data counts once in `dropped`; a
    duplicate of a segment is ignored.
    """

    octets_max: int
    dropped: int = 0
    _by_apid: dict[int, _Progress] = field(default_factory=dict)

    def feed(self, packet: SpacePacket) -> bytes | None:
        """The user data that end with this packet, if any do."""
        progress = self._by_apid.setdefault(packet.apid, _Progress())
        arrival = progress.arrivals.accept_one(packet.count, packet.data)
        if not arrival.is_new:
            return None
        begins, ends = bool(packet.flags & Flags.FIRST), bool(packet.flags & Flags.LAST)
        if progress.data is not None and (begins or not arrival.is_next):
            self._drop(progress)
        if begins:
            progress.data = bytearray()
        if progress.data is None:
            return None
        progress.data += packet.data
        if len(progress.data) > self.octets_max:
            self._drop(progress)
        elif ends:
            whole, progress.data = bytes(progress.data), None
            return whole
        return None

    def _drop(self, progress: _Progress) -> None:
        progress.data = None
        self.dropped += 1
