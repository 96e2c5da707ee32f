"""Packets into the data fields of frames, one behind the other (CCSDS 132.0-B-3 §4.2.2, 732.0-B-4 §4.2.2)."""

from collections import deque
from dataclasses import dataclass, field

from link.packets.space_packet import COUNT_MODULUS, HEADER_SIZE, idle_packet

_IDLE_PACKET_MIN = HEADER_SIZE + 1


@dataclass(slots=True)
class Packer:
    """Packets that wait for one virtual channel, and the rest of the one that was begun."""

    packets: deque[bytes] = field(default_factory=deque)
    _rest: bytes = b""
    _rest_is_idle: bool = False
    _idle_count: int = 0

    @property
    def waits(self) -> bool:
        """Whether anything other than the rest of an idle packet is to be sent."""
        return bool(self.packets) or (bool(self._rest) and not self._rest_is_idle)

    def take(self, size: int) -> tuple[bytes, int | None]:
        """The next `size` octets, and where in them the first packet begins, if one does.

        An idle packet fills the rest, and may continue in the next data field.
        """
        parts, filled, first_header = [self._rest], len(self._rest), len(self._rest)
        while filled < size:
            self._rest_is_idle = not self.packets
            parts.append(self._idle(size - filled) if self._rest_is_idle else self.packets.popleft())
            filled += len(parts[-1])
        octets = b"".join(parts)
        self._rest = octets[size:]
        return octets[:size], first_header if first_header < size else None

    def _idle(self, room: int) -> bytes:
        self._idle_count = (self._idle_count + 1) % COUNT_MODULUS
        return idle_packet(max(room, _IDLE_PACKET_MIN), self._idle_count)
