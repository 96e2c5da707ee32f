"""A recorded flight, replayed: the node of the recording over its tape, step by step, as fast as this computer can."""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import msgspec

from fsw.assembly import build_node
from fsw.design import dictionary_of
from fsw.devices import Devices
from fsw.executive.bus import Queue
from fsw.flightlog.entries import Ask, DeviceCall
from fsw.flightlog.missions import app_digests, mission_of
from fsw.flightlog.recorder import software, unrecorded
from fsw.flightlog.state import state_digest
from fsw.mission import Mission
from fsw.node import Node
from fsw.own.loading import AppSpec
from kernels.usage import UsageError, shown
from link.dictionary import Event, Telemetry
from link.dictionary.declare import Record
from rig.replay.devices import (
    TapeBattery,
    TapeBoard,
    TapeCamera,
    TapeClock,
    TapeDice,
    TapeLog,
    TapeMedium,
    TapePort,
    TapeRecovery,
    TapeRunner,
    TapeVitals,
    tape_areas,
    tape_processes,
    tape_software,
)
from rig.replay.failures import RecordedStop
from rig.replay.tape import Divergence, Replayed, Tape

EVENTS_KEPT = 20
_WATCHED_MAX = 1 << 20
_TOLD_EVERY_S = 60
Stopped = Literal["end", "cut", "until", "event", "difference"]
"""Why a replay stopped: at the recording's end, where it was cut off, where it was asked to, or at a difference."""


@dataclass(frozen=True)
class Until:
    """Where to stop: before what came later than `seconds` after the start, once `ticks` steps of apps are done, or
    after an event.
    """

    seconds: float | None = None
    ticks: int | None = None
    event: str = ""


@dataclass
class Replay:
    """A replay of the recording in the file `path`. `apps`: files of the user's own apps, whose code is not recorded.

    Raises UsageError where this software cannot build the recorded node. `notes` says what differs from the recorded
    software; `raised` is what the last step raised that did raise. `digest` is that of the state in the end,
    `recorded_digest` the one on tape. `events` are the last ones with their seconds, `status` has the last report of
    each kind, `watched` the queues that both come from.
    """

    path: Path
    apps: Sequence[AppSpec] = ()
    stopped: Stopped = "end"
    difference: Divergence | None = None
    recorded_digest: str = ""
    raised: BaseException | None = None
    notes: list[str] = field(default_factory=list)
    events: deque[tuple[float, Event]] = field(default_factory=deque)
    events_seen: int = 0
    status: dict[str, Record] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.tape = Tape(self.path)
        self.mission = self._mission()
        self.log = TapeLog(self.tape)
        self.node: Node | None = None
        self.watched: list[Queue[Record]] = []
        self._seen: set[str] = set()

    @property
    def digest(self) -> str:
        """The digest of the node's state."""
        return state_digest(unrecorded(self.node), self.watched) if self.node else ""

    @property
    def is_right(self) -> bool:
        """Whether all was as recorded, as far as the replay went."""
        if self.stopped == "end":
            return self.digest == self.recorded_digest
        return self.difference is None

    def run(self, until: Until, report: Callable[[str], None] = lambda _: None) -> None:
        """Replay up to `until`, or to the end. `report` gets a sentence each minute of the flight."""
        told_s = 0.0
        try:
            self._build()
            while (stopped := self._stopped(until)) is None:
                self._step()
                if self.tape.seconds >= told_s + _TOLD_EVERY_S:
                    told_s = self.tape.seconds
                    report(f"at {told_s:.0f} s of the flight")
            self.stopped = stopped
        except Divergence as difference:
            self.stopped, self.difference = "difference", difference
        except Replayed:
            self.stopped = "cut"
        if self.node:
            self._watch()

    def _build(self) -> None:
        """Build the node, and watch what it reports."""
        tape, header = self.tape, self.tape.header
        devices = Devices(
            clock=TapeClock(tape),
            port=TapePort(tape),
            bits_per_second=header.bits_per_second,
            camera=TapeCamera(tape),
            board=TapeBoard(tape),
            runner=TapeRunner(tape),
            medium=TapeMedium(tape),
            random=TapeDice(tape),
            processes=tape_processes(tape),
            areas=tape_areas(tape),
            self_test=lambda: tuple(tape.answer(Ask.SELF_TEST)),
            keeps_time=header.keeps_time,
            boot=header.boot,
            battery=TapeBattery(tape) if header.has_battery else None,
            vitals=TapeVitals(tape),
            recovery=TapeRecovery(tape),
            software=tape_software(tape),
            bridges={name: TapePort(tape) for name in header.bridges},
        )
        self.node = build_node(self.mission, devices, Path(header.state), self.log, safe=header.is_safe)
        topics: tuple[type[Record], ...] = (Event, Telemetry)
        bus = self.node.bus
        self.watched = [bus.subscribe(one, "replay", capacity=_WATCHED_MAX, policy="drop_old") for one in topics]

    def _stopped(self, until: Until) -> Stopped | None:
        """Why to stop before the next step; None where there is one to replay."""
        assert self.node
        found = self.tape.peek()
        if found is not None and found[0] is DeviceCall.END:
            self.recorded_digest = str(found[3])
            return "end"
        if not self.tape.has_whole_step():
            return "cut"
        if until.event and until.event in self._seen:
            return "event"
        past = until.seconds is not None and self.tape.next_seconds > until.seconds
        return "until" if past or (until.ticks is not None and self.node.executive.ticks >= until.ticks) else None

    def _step(self) -> None:
        """One step of the node, or the question when it wants the next one."""
        assert self.node
        found = self.tape.peek()
        assert found is not None
        if found[0] is DeviceCall.STEP:
            self.tape.call(DeviceCall.STEP)
            try:
                self.node.step()
            except (Exception, RecordedStop) as error:  # as recorded, or the tape says otherwise
                self.raised = error
            self._watch()
        else:
            self.tape.call(DeviceCall.WAKE, self.node.next_wake_ns)

    def _watch(self) -> None:
        for queue in self.watched:
            for record in queue.drain():
                if isinstance(record, Event):
                    self._seen.add(type(record).__name__)
                    self.events.append((self.tape.seconds, record))
                    self.events_seen += 1
                    if len(self.events) > EVENTS_KEPT:
                        self.events.popleft()
                else:
                    self.status[type(record).__name__] = record

    def _mission(self) -> Mission:
        header = self.tape.header
        try:
            mission = mission_of(header.mission, self.apps)
            version = dictionary_of(mission).version
        except (ValueError, msgspec.ValidationError, RecursionError) as error:
            raise UsageError(f"{shown(self.path)}: its mission cannot be flown ({error})") from None
        if [digest for _, digest in header.apps] != [digest for _, digest in app_digests(mission.apps)]:
            names = ", ".join(Path(name).name for name, _ in header.apps) or "none"
            raise UsageError(f"{shown(self.path)}: its apps are {names}; give the mission that lists these: --mission")
        if header.software != software():
            self.notes.append(f"recorded by version {header.software}, replayed by {software()}")
        if header.dictionary != version:
            self.notes.append(f"recorded with dictionary {header.dictionary}, replayed with {version}")
        return mission
