"""The update app: commands and telemetry of updates, of the node's software and of its models alike.

What can be updated is a target: "software", or a model by its name. Each has two slots and a golden copy of its own.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Annotated, NamedTuple

from fsw.executive.app import App, AppReport, CommandError
from fsw.update.machine import UpdateHappening, UpdateNotice, Updates
from fsw.update.models import ShadowFinding
from fsw.update.record import SlotName, SlotPhase, TrialEnd
from fsw.update.verification import VerifyStage
from link.dictionary import Counted, Event, Float32b, Int8ub, Int16ub, Int32ub, Octets, Telemetry, command, wire
from link.pus.services.verification import FailureCode

_REASON_CHARACTERS_MAX = 100
_LARGEST = 3e38  # what Float32b holds


class UpdateStatus(Telemetry, id=0x60):
    """A target of updates, every 10 s, and after each of its commands."""

    target: str = wire()
    running: SlotName = wire(Int8ub)
    promoted: SlotName = wire(Int8ub)
    floor: str = wire(text="version that was promoted last; the next one must be greater")
    armed: SlotName = wire(Int8ub, text="slot that is armed or on trial; G: none")
    tries_left: int = wire(Int8ub)
    phase_a: SlotPhase = wire(Int8ub)
    phase_b: SlotPhase = wire(Int8ub)
    stage: VerifyStage = wire(Int8ub, text="of the verification under way")
    received: int = wire(Int32ub, unit="octets", text="of the upload that was written to last")
    boots: int = wire(Int8ub, text="starts in a row of what is promoted without good health")
    ended: TrialEnd = wire(Int8ub, text="how the last trial ended, or what was promoted came down")
    record_failed: int = wire(Int8ub, limits=(0, 0), text="states that the medium did not take")


class UpdateVerified(Event, id=0x70):
    """Slot {slot} of {target} holds version {version}, verified: it can be armed."""

    target: str = wire()
    slot: SlotName = wire(Int8ub)
    version: str = wire()


class UpdateNotVerified(Event, id=0x71, severity="medium"):
    """Slot {slot} of {target} was not verified: {reason}."""

    target: str = wire()
    slot: SlotName = wire(Int8ub)
    reason: str = wire()


class UpdateTrialEnded(Event, id=0x72, severity="medium"):
    """The trial of {target} ended, slot {slot} ran: {reason}; what was promoted before is started."""

    target: str = wire()
    slot: SlotName = wire(Int8ub)
    reason: str = wire()


class UpdateFellBack(Event, id=0x73, severity="high"):
    """What was promoted of {target} is given up ({reason}); slot {slot} runs."""

    target: str = wire()
    slot: SlotName = wire(Int8ub)
    reason: str = wire()


class UpdatePromoted(Event, id=0x74):
    """Slot {slot} of {target}, version {version}, is promoted."""

    target: str = wire()
    slot: SlotName = wire(Int8ub)
    version: str = wire()


class UpdateRestarting(Event, id=0x75):
    """{target} is started again, from slot {slot} if that is sound."""

    target: str = wire()
    slot: SlotName = wire(Int8ub)


class ModelCompared(Event, id=0x76):
    """Slot {slot} of {target} beside what is in use: {percent} % of pixels of {frames} frames differ, by {largest}."""

    target: str = wire()
    slot: SlotName = wire(Int8ub)
    frames: int = wire(Int16ub)
    percent: float = wire(Int32ub, unit="%", scale=0.0001, text="of the pixels of all frames")
    largest: float = wire(Float32b, text="greatest difference of a pixel, in the unit of the model's answer")


class UpdateTarget(NamedTuple):
    """What can be updated. `health` says what is wrong with what runs, or nothing.

    `is_heard`: since its start, what runs has had a request directly from the ground. `restart` starts what is chosen
    then, after what is told before has gone out; it is called again while a restart is due. `compared` gives what a
    shadow run found, once.
    """

    updates: Updates
    restart: Callable[[], object]
    health: Callable[[], str]
    is_heard: Callable[[], bool]
    compared: Callable[[], ShadowFinding | None] = lambda: None


_Target = Annotated[str, wire(text='"software", or the name of a model')]
_Slot = Annotated[SlotName, wire(Int8ub, text="A or B")]
_Size = Annotated[int, wire(Int32ub, unit="octets")]


@dataclass
class Update(App, period_ms=10_000, budget_ms=500):
    """Updates of `targets`, by name. `read_file` gives a file that the node received, and raises OSError."""

    targets: Mapping[str, UpdateTarget]
    read_file: Callable[[str], bytes]
    _now_ns: int = 0
    _restarting: dict[str, SlotName] = field(default_factory=dict)

    @command(opcode=0x60)
    def prepare(
        self,
        target: _Target,
        slot: _Slot,
        octets: _Size,
        sha256: Annotated[bytes, wire(Octets(32), text="of the file that will be sent")],
    ) -> Iterator[AppReport]:
        """Make a slot ready for a file; a bundle that was in it is not trusted any more."""
        self._target(target).updates.prepare(slot, octets, sha256.hex())
        yield self._status(target)

    @command(opcode=0x61)
    def write(
        self,
        target: _Target,
        slot: _Slot,
        offset: Annotated[int, wire(Int32ub, unit="octets")],
        octets: Annotated[bytes, wire(Octets(Counted(16)), text="of the file, from the offset on")],
    ) -> Iterator[AppReport]:
        """Write the next octets of the file; such as are there already may come again."""
        self._target(target).updates.write(slot, offset, octets)
        yield self._status(target)

    @command(opcode=0x62)
    def load_file(self, target: _Target, slot: _Slot, name: str) -> Iterator[AppReport]:
        """Write the whole file from one that the node received by CFDP."""
        updates = self._target(target).updates
        try:
            octets = self.read_file(name)
        except OSError as error:
            reason = f"{name[:40]}: {error.strerror or error}: send the file first"
            raise CommandError(FailureCode.EXECUTION_FAILED, reason) from None
        updates.write(slot, 0, octets)
        yield self._status(target)

    @command(opcode=0x63)
    def verify(self, target: _Target, slot: _Slot) -> Iterator[AppReport]:
        """Verify what was received: digest, signature, that it is newer; then golden vectors, and a shadow run."""
        self._target(target).updates.verify(slot, may_be_older=False)
        yield self._status(target)

    @command(opcode=0x64, hazardous=True)
    def verify_rollback(self, target: _Target, slot: _Slot) -> Iterator[AppReport]:
        """The same for a version that need not be newer than what is promoted."""
        self._target(target).updates.verify(slot, may_be_older=True)
        yield self._status(target)

    @command(opcode=0x65)
    def arm(
        self, target: _Target, slot: _Slot, tries: Annotated[int, wire(Int8ub, range=(1, 9))]
    ) -> Iterator[AppReport]:
        """Have a verified slot started next, as a trial of so many starts at most."""
        self._target(target).updates.arm(slot, tries)
        yield self._status(target)

    @command(opcode=0x66, hazardous=True)
    def boot(self, target: _Target) -> Iterator[AppReport]:
        """Start what is armed now. It must be confirmed in time, or what is promoted is started again."""
        self._target(target).updates.boot()
        yield from self._after(target)

    @command(opcode=0x67)
    def confirm(self, target: _Target) -> Iterator[AppReport]:
        """Promote what runs on trial: its health must be good, and it must have heard the ground itself."""
        updates = self._target(target).updates
        if self.targets[target].is_heard():
            updates.note_contact()
        updates.confirm()
        yield UpdatePromoted(target=target, slot=updates.running, version=updates.state.floor)
        yield self._status(target)

    @command(opcode=0x5F)
    def abort(self, target: _Target) -> Iterator[AppReport]:
        """End the first of these that there is: the trial, the verification, the uploads."""
        self._target(target).updates.abort()
        yield from self._after(target)

    @property
    def due_ns(self) -> int | None:
        """The monotonic time at which a verification goes on, or a trial is judged, before the next tick."""
        if not self.targets:
            return None
        due = [target.updates.next_due_ns(self._now_ns) for target in self.targets.values()]
        return min([ns for ns in due if ns is not None], default=None)

    def step(self, now_ns: int) -> Iterator[AppReport]:
        """What is due of each target, and its status."""
        self._now_ns = now_ns
        for name, target in self.targets.items():
            for notice in target.updates.step(now_ns, target.health(), is_heard=target.is_heard()):
                yield from _compared(name, target.compared())
                yield _event_of(name, notice)
            yield from self._after(name)

    def _after(self, name: str) -> Iterator[AppReport]:
        """The status, and the restart if one is due, told once; the status again, where that is over at once."""
        target = self.targets[name]
        yield self._status(name)
        if target.updates.restart_due:
            state = target.updates.state
            slot = state.promoted if state.trial is None else state.trial
            if self._restarting.get(name) is not slot:
                self._restarting[name] = slot
                yield UpdateRestarting(target=name, slot=slot)
            target.restart()
            if not target.updates.restart_due:
                del self._restarting[name]
                yield self._status(name)

    def _target(self, name: str) -> UpdateTarget:
        if name not in self.targets:
            there = ", ".join(self.targets) or "none: the node's mission has no [update]"
            raise ValueError(f"target {name[:40]!r}, expected one of {there}")
        return self.targets[name]

    def _status(self, name: str) -> UpdateStatus:
        updates = self.targets[name].updates
        state = updates.state
        return UpdateStatus(
            target=name,
            running=updates.running,
            promoted=state.promoted,
            floor=state.floor,
            armed=SlotName.G if state.trial is None else state.trial,
            tries_left=state.tries_left,
            phase_a=state.a.phase,
            phase_b=state.b.phase,
            stage=updates.stage,
            received=updates.received,
            boots=min(state.boots, 255),
            ended=state.ended,
            record_failed=min(updates.record.failed, 255),
        )


def _compared(name: str, found: ShadowFinding | None) -> Iterator[Event]:
    if found:
        pixels, differing = found.difference.pixels or 1, found.difference.differing
        yield ModelCompared(
            target=name,
            slot=found.slot,
            frames=found.frames,
            percent=100 * differing / pixels,
            largest=min(found.difference.largest, _LARGEST),
        )


def _event_of(name: str, notice: UpdateNotice) -> Event:
    happening, slot, reason = notice
    if happening is UpdateHappening.VERIFIED:
        return UpdateVerified(target=name, slot=slot, version=reason)
    if happening is UpdateHappening.FELL_BACK:
        return UpdateFellBack(target=name, slot=slot, reason=reason)
    event = UpdateTrialEnded if happening is UpdateHappening.TRIAL_ENDED else UpdateNotVerified
    return event(target=name, slot=slot, reason=reason[:_REASON_CHARACTERS_MAX])
