"""The downlink app: reports what went down on which channel and in which class, what waits, and what was kept back."""

from collections.abc import Iterator
from dataclasses import dataclass

from fsw.comms.reporter import ANSWERS, EVENTS, REPEATS, STATE, Reporter
from fsw.executive.app import App, AppReport
from fsw.executive.sendable import capped
from link.channels.multiplex import ChannelCount
from link.channels.tm_sender import TmSender
from link.dictionary import Int16ub, Int32ub, Telemetry, wire

_REPORTED_EVERY = 6  # steps, where nothing was kept back or dropped
_NONE = ChannelCount(0, 0, 0, 0)


class DownlinkStatus(Telemetry, id=0x50):
    """The downlink, every minute, or ten seconds after something was kept back or dropped.

    Counted since the start of the node. The classes of what is live share channel `housekeeping`, the most important
    first: answers, state, events, repetitions. A class or channel is kept back when it has used up its quota while
    something less important waits.
    """

    answers_octets: int = wire(Int32ub, unit="octets", text="sent of this class; likewise the others")
    answers_waiting: int = wire(Int16ub, text="packets that wait")
    answers_kept_back: int = wire(Int32ub, text="packets of less important classes that went first, by its quota")
    answers_dropped: int = wire(Int32ub, text="packets that found their queue full")
    state_octets: int = wire(Int32ub, unit="octets")
    state_waiting: int = wire(Int16ub)
    state_kept_back: int = wire(Int32ub)
    state_dropped: int = wire(Int32ub)
    events_octets: int = wire(Int32ub, unit="octets")
    events_waiting: int = wire(Int16ub)
    events_kept_back: int = wire(Int32ub)
    events_dropped: int = wire(Int32ub)
    repeats_octets: int = wire(Int32ub, unit="octets")
    repeats_waiting: int = wire(Int16ub, text="packets that are to be sent again, most of them later")
    repeats_kept_back: int = wire(Int32ub)
    repeats_dropped: int = wire(Int32ub, text="packets that were sent again less often than was asked for")
    housekeeping_frames: int = wire(Int32ub, text="sent on this channel; likewise the others")
    housekeeping_waiting: int = wire(Int16ub, text="packets that wait for a frame")
    housekeeping_kept_back: int = wire(Int32ub, text="frames of less important channels that went first, by its quota")
    housekeeping_dropped: int = wire(Int32ub, text="packets that found the channel full")
    playback_frames: int = wire(Int32ub, text="0 where the mission has no channel of this name")
    playback_waiting: int = wire(Int16ub)
    playback_kept_back: int = wire(Int32ub)
    playback_dropped: int = wire(Int32ub)
    files_frames: int = wire(Int32ub)
    files_waiting: int = wire(Int16ub)
    files_kept_back: int = wire(Int32ub)
    files_dropped: int = wire(Int32ub)


@dataclass
class DownlinkShares(App, period_ms=10_000, budget_ms=10, offset_ms=3000):
    """Reports how `reporter` and the channels of `sender` share the link, and changes nothing."""

    reporter: Reporter
    sender: TmSender
    _told: int = 0
    _steps: int = 0

    def step(self, now_ns: int) -> Iterator[AppReport]:  # noqa: ARG002
        """Report where something was kept back or dropped since the last report, and each minute."""
        yielded = sum(self.sender.count(name).yielded for name in self.sender.dropped)
        troubles = self.reporter.turns.kept_back.total() + yielded + self.reporter.dropped
        if troubles != self._told or not self._steps % _REPORTED_EVERY:
            self._told = troubles
            yield self._status()
        self._steps += 1

    def _status(self) -> DownlinkStatus:
        values: dict[str, int] = {}
        turns = self.reporter.turns
        for name in (ANSWERS, STATE, EVENTS, REPEATS):
            values[f"{name}_octets"] = turns.octets[name] % (1 << 32)
            values[f"{name}_waiting"] = capped(self.reporter.waiting(name), 16)
            values[f"{name}_kept_back"] = turns.kept_back[name] % (1 << 32)
            values[f"{name}_dropped"] = capped(self.reporter.dropped_of(name), 32)
        for name in ("housekeeping", "playback", "files"):
            one = self.sender.count(name) if name in self.sender.dropped else _NONE
            values[f"{name}_frames"] = one.frames % (1 << 32)
            values[f"{name}_waiting"] = capped(one.waiting, 16)
            values[f"{name}_kept_back"] = one.yielded % (1 << 32)
            values[f"{name}_dropped"] = capped(one.dropped, 32)
        return DownlinkStatus(**values)
