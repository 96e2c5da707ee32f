"""Packets into telemetry transfer frames (CCSDS 132.0-B-3 §4.2): packing, multiplexing by priority, idle frames.

A frame carries packets of one virtual channel: the highest in priority that has any, within the quotas of
`link.managed.TmChannel`. What its packets leave free an idle packet fills, which may run over into the channel's next
frame, since it has at least seven octets. Only when no packet waits at all, the frame is an idle one.
"""

from collections import deque
from dataclasses import dataclass, field

from link.managed import TM_IDLE_CHANNEL, Managed, TmChannel
from link.packet_size import packet_size
from link.space_packet import COUNT_MODULUS, HEADER_SIZE, idle_packet
from link.tm_frame import FRAME_COUNT_MODULUS, NO_HEADER, ONLY_IDLE, TmFrame

_IDLE_DATA = b"\x55"
_IDLE_PACKET_MIN = HEADER_SIZE + 1


@dataclass(slots=True)
class _Channel:
    """Packets that wait for one virtual channel, and the rest of the one that is on its way."""

    managed: TmChannel
    frames: int = 0
    dropped: int = 0
    frames_in_a_row: int = 0
    idle_count: int = 0
    packets: deque[bytes] = field(default_factory=deque)
    rest: bytes = b""
    rest_is_idle: bool = False

    @property
    def vc(self) -> int:
        return self.managed.vc

    @property
    def waits(self) -> bool:
        return bool(self.packets) or (bool(self.rest) and not self.rest_is_idle)

    @property
    def may_go_on(self) -> bool:
        return not self.managed.quota or self.frames_in_a_row < self.managed.quota

    def take(self, size: int) -> tuple[bytes, int]:
        """The next `size` octets of packets, and where in them the first header stands."""
        parts, filled, first_header = [self.rest], len(self.rest), len(self.rest)
        while filled < size:
            self.rest_is_idle = not self.packets
            parts.append(self._idle(size - filled) if self.rest_is_idle else self.packets.popleft())
            filled += len(parts[-1])
        octets = b"".join(parts)
        self.rest = octets[size:]
        return octets[:size], first_header if first_header < size else NO_HEADER

    def _idle(self, room: int) -> bytes:
        """An idle packet that fills `room`, or runs over where the smallest does not fit."""
        self.idle_count = (self.idle_count + 1) % COUNT_MODULUS
        return idle_packet(max(room, _IDLE_PACKET_MIN), self.idle_count)


@dataclass(slots=True)
class _IdleChannel:
    """What is sent when no packet waits."""

    vc: int = TM_IDLE_CHANNEL
    frames: int = 0

    def take(self, size: int) -> tuple[bytes, int]:
        return _IDLE_DATA * size, ONLY_IDLE


class TmSender:
    """The sending end of all telemetry channels of `managed`; every queue is bounded, what it refuses is counted."""

    def __init__(self, managed: Managed) -> None:
        self.managed = managed
        self.frames = 0
        self._channels = {channel.name: _Channel(channel) for channel in managed.tm_channels}
        self._idle = _IdleChannel()

    def room(self, channel: str) -> int:
        """Packets that `offer` would still take on this channel. Raises ValueError for an unknown one."""
        return self._channel(channel).managed.queue_packets - len(self._channel(channel).packets)

    def offer(self, channel: str, packet: bytes) -> bool:
        """Queue an encoded packet; False, and counted as dropped, if its channel is full."""
        assert packet_size(packet) == len(packet), f"{len(packet)} octets are no packet"
        queue = self._channel(channel)
        if len(queue.packets) >= queue.managed.queue_packets:
            queue.dropped += 1
            return False
        queue.packets.append(packet)
        return True

    @property
    def dropped(self) -> dict[str, int]:
        """Packets refused since the beginning, by channel."""
        return {name: channel.dropped for name, channel in self._channels.items()}

    @property
    def idle_frames(self) -> int:
        """Frames sent because nothing waited."""
        return self._idle.frames

    @property
    def waiting(self) -> bool:
        """Whether the next frame will be more than an idle one."""
        return any(channel.waits for channel in self._channels.values())

    def next_frame(self, clcw_word: int = 0) -> bytes:
        """One encoded transfer frame of `tm_frame_octets`; `clcw_word` is its operational control field, if managed."""
        source = self._pick() or self._idle
        data, first_header = source.take(self.managed.tm_data_octets)
        frame = TmFrame(
            spacecraft_id=self.managed.spacecraft_id,
            channel=source.vc,
            master_count=self.frames % FRAME_COUNT_MODULUS,
            channel_count=source.frames % FRAME_COUNT_MODULUS,
            data=data,
            first_header=first_header,
            ocf=clcw_word if self.managed.ocf else None,
        )
        source.frames += 1
        self.frames += 1
        return frame.encode(fecf=self.managed.fecf)

    def _pick(self) -> _Channel | None:
        """The waiting channel of the highest priority that has not used up its quota, or the last that waits."""
        waiting = [channel for channel in self._channels.values() if channel.waits]
        chosen = next((channel for channel in waiting if channel.may_go_on), waiting[-1] if waiting else None)
        for channel in waiting:
            channel.frames_in_a_row = channel.frames_in_a_row + 1 if channel is chosen else 0
            if channel is chosen:
                break
        return chosen

    def _channel(self, name: str) -> _Channel:
        try:
            return self._channels[name]
        except KeyError:
            raise ValueError(f"no virtual channel is called {name!r}; known: {', '.join(self._channels)}") from None
