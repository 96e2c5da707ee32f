"""Multiplexing of virtual channels: which one sends the next frame (CCSDS 132.0-B-3 §4.2.4, 732.0-B-4 §4.2.5).

A frame carries packets of one channel: the highest in priority that has any, within the quotas of
`link.managed.TmChannel`. An idle packet fills the rest. Only when no packet waits at all is the frame an idle one.
Every queue is bounded; refused packets are counted.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from link.managed import TmChannel
from link.packets.size import packet_size
from link.packets.space_packet import COUNT_MODULUS, HEADER_SIZE, idle_packet

IDLE_DATA = b"\x55"
_IDLE_PACKET_MIN = HEADER_SIZE + 1


@dataclass(slots=True)
class Packer:
    """Packets into data fields, one behind the other: those that wait for one virtual channel, and the rest of the one
    on its way (CCSDS 132.0-B-3 §4.2.2, 732.0-B-4 §4.2.2).
    """

    packets: deque[bytes] = field(default_factory=deque)
    _rest: bytes = b""
    _rest_is_idle: bool = False
    _idle_count: int = 0

    @property
    def waits(self) -> bool:
        """Whether anything other than the rest of an idle packet is to be sent."""
        return bool(self.packets) or (bool(self._rest) and not self._rest_is_idle)

    def pop(self, size: int) -> tuple[bytes, int | None]:
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


class Turn(NamedTuple):
    """Content of the next frame: its channel, that channel's frame count from 0 on, and its packets.

    `first_header` is the octet of `data` where the first packet begins, None where none does.
    """

    vc: int
    frame_count: int
    data: bytes
    first_header: int | None
    is_idle: bool


class ChannelCount(NamedTuple):
    """Of one channel: frames sent, packets that wait, packets that were refused, and how many frames of channels of
    lower priority it let go first, as it had used up its quota.
    """

    frames: int
    waiting: int
    dropped: int
    yielded: int


@dataclass(slots=True)
class _Channel:
    """One channel: its waiting packets, and its share of the recent frames."""

    managed: TmChannel
    packer: Packer = field(default_factory=Packer)
    frames: int = 0
    dropped: int = 0
    yielded: int = 0
    frames_in_a_row: int = 0

    @property
    def room(self) -> int:
        return self.managed.queue_packets - len(self.packer.packets)

    @property
    def may_go_on(self) -> bool:
        return not self.managed.quota or self.frames_in_a_row < self.managed.quota


class Multiplexer:
    """The sending end of `channels`, the highest in priority first. Idle frames go on `idle_channel`; if that is one of
    them, its count runs through both.

    `frames` counts all frames, `idle_frames` those sent because nothing waited.
    """

    def __init__(self, channels: Sequence[TmChannel], *, idle_channel: int) -> None:
        self.frames = self.idle_frames = 0
        self._channels = {channel.name: _Channel(channel) for channel in channels}
        self._idle_channel = idle_channel
        self._idle_count = next(
            (one for one in self._channels.values() if one.managed.vc == idle_channel),
            _Channel(TmChannel(name="idle", vc=idle_channel)),
        )

    def room(self, channel: str) -> int:
        """Packets that `offer` would still take on this channel. Raises ValueError for an unknown one."""
        return self._channel(channel).room

    def octets(self, channel: str) -> int:
        """Octets of the packets that wait for this channel. Raises ValueError for an unknown one."""
        return sum(map(len, self._channel(channel).packer.packets))

    def offer(self, channel: str, packet: bytes) -> bool:
        """Queue an encoded packet; False, and counted as dropped, if its channel is full."""
        assert packet_size(packet) == len(packet), f"{len(packet)} octets are no packet"
        queue = self._channel(channel)
        if not queue.room:
            queue.dropped += 1
            return False
        queue.packer.packets.append(packet)
        return True

    @property
    def dropped(self) -> dict[str, int]:
        """Packets refused since the beginning, by channel."""
        return {name: channel.dropped for name, channel in self._channels.items()}

    def count(self, channel: str) -> ChannelCount:
        """What became of this channel's packets. Raises ValueError for an unknown one."""
        one = self._channel(channel)
        return ChannelCount(one.frames, len(one.packer.packets), one.dropped, one.yielded)

    @property
    def waiting(self) -> bool:
        """Whether the next frame will be more than an idle one."""
        for channel in self._channels.values():  # noqa: SIM110  # any() costs more, and each turn of a node asks
            if channel.packer.waits:
                return True
        return False

    def next_turn(self, size: int) -> Turn:
        """The content of the next frame, which has `size` octets for packets."""
        channel = self._pick()
        self.frames += 1
        if channel is None:
            self.idle_frames += 1
            self._idle_count.frames += 1
            return Turn(self._idle_channel, self._idle_count.frames - 1, IDLE_DATA * size, None, True)
        channel.frames += 1
        return Turn(channel.managed.vc, channel.frames - 1, *channel.packer.pop(size), False)

    def _pick(self) -> _Channel | None:
        """The waiting channel of the highest priority that has not used up its quota, or else the last that waits."""
        chosen = None
        for channel in self._channels.values():
            if not channel.packer.waits:
                continue
            if chosen:  # the one before lets this one go first
                chosen.frames_in_a_row, chosen.yielded = 0, chosen.yielded + 1
            chosen = channel
            if channel.may_go_on:
                break
        if chosen:
            chosen.frames_in_a_row += 1
        return chosen

    def _channel(self, name: str) -> _Channel:
        try:
            return self._channels[name]
        except KeyError:
            raise ValueError(f"no virtual channel is called {name!r}; known: {', '.join(self._channels)}") from None
