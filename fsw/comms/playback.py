"""Playback on its way down: what the recorder has to send, as reports, on the virtual channel of each store."""

from collections import deque
from collections.abc import Mapping

from fsw.pus.large_packets import LargePackets
from fsw.pus.storage import stored_packets
from fsw.recorder.recorder import Recorder
from fsw.recorder.setting import StoreSetting
from hal.clock import Clock
from link.channels.tm_sender import TmSender
from link.pus.source import TmSource


class Playback:
    """Fills `channels`, names of `sender`'s channels by their numbers, with what `recorder` plays.

    A report holds packets of `octets_max` octets, and at most that many octets wait in a channel of the sender, so that
    what is live and more important overtakes the rest here. A store whose channel is none of these is not played.
    `source` numbers the reports, which are not to be recorded themselves.
    """

    def __init__(
        self,
        recorder: Recorder,
        large: LargePackets,
        source: TmSource,
        clock: Clock,
        sender: TmSender,
        channels: Mapping[int, str],
        octets_max: int,
    ) -> None:
        self._recorder, self._large, self._source, self._clock = recorder, large, source, clock
        self._sender, self._channels, self._octets_max = sender, dict(channels), octets_max
        self._waiting: deque[tuple[str, bytes]] = deque()  # the parts of one report at most

    def fill(self) -> bool:
        """Pass on as much as there is room for; returns whether there is room for more."""
        while self._pass_on():
            run = self._recorder.play(self._octets_max, self._clock.monotonic_ns(), self._has_room)
            if run is None:
                return not self._is_short
            channel = self._channels[self._recorder.stores[run.store].setting.channel]
            for report in self._large.split(stored_packets(run)):
                self._waiting.append((channel, self._source.packet(report, self._clock.utc_ns())))
        return False

    @property
    def is_active(self) -> bool:
        """Whether there is anything to send, now or later: else `fill` and `next_wake_ns` need not be asked."""
        return bool(self._waiting) or self._recorder.is_sending

    @property
    def next_wake_ns(self) -> int | None:
        """When `fill` has something to do again, unless something is recorded or sent before."""
        return None if self._waiting else self._recorder.next_play_ns(self._has_room)

    def _pass_on(self) -> bool:
        """Whether nothing waits any more."""
        waiting = self._waiting
        while waiting and self._is_open(waiting[0][0]):
            self._sender.offer(*self._waiting.popleft())
        return not self._waiting

    @property
    def _is_short(self) -> bool:
        """Whether a store that is retrieved waits for its channel."""
        full = {number for number, channel in self._channels.items() if not self._is_open(channel)}
        if not full:
            return False
        stores = self._recorder.stores.items()
        return any(store.setting.channel in full and self._recorder.is_retrieved(number) for number, store in stores)

    def _has_room(self, setting: StoreSetting) -> bool:
        return setting.channel in self._channels and self._is_open(self._channels[setting.channel])

    def _is_open(self, channel: str) -> bool:
        return self._sender.room(channel) > 0 and self._sender.octets(channel) < self._octets_max
