"""The modes app: changes the mode by command or in defence of the node, arms hazardous commands, and tells of both."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import IntEnum
from typing import Annotated

from fsw.executive.app import App, AppReport
from fsw.executive.executive import Executive
from fsw.modes.authority import Authority
from fsw.modes.command_loss import Remedy
from fsw.modes.defences import Defences
from fsw.modes.machine import ModeMachine
from fsw.modes.recovery import Recovery
from fsw.modes.table import Mode, ModeTable
from hal.board import Battery
from hal.clock import Clock
from link.dictionary import Event, Float32b, Int8ub, Int16ub, Int32ub, Telemetry, command, parameter, wire

_REPORTED_EVERY = 10  # steps
_NO_CHARGE = 255
_LOW = "the battery is low"


class RestartKind(IntEnum):
    """What the node asks of who can restart it."""

    RESET = 0
    GOLDEN = 1


class ModeStatus(Telemetry, id=0x68):
    """The mode and what defends the node, every 10 s and when the mode changes."""

    mode: Mode = wire(Int8ub)
    changes: int = wire(Int32ub, text="changes of the mode in the node's life")
    armed: int = wire(Int8ub, text="hazardous commands that may be fired now")
    age_s: int = wire(Int32ub, unit="s", text="how long the node has run, all its starts together")
    silence_s: int = wire(Int32ub, unit="s", text="of its age since a command frame was accepted")
    measures: int = wire(Int16ub, limits=(0, 0), text="taken because of this silence")
    starts: int = wire(Int8ub, text="within the window in which too many are a loop")
    charge: int = wire(Int8ub, unit="%", text="of the battery; 255: not measured")
    leave_at: int = wire(Int8ub, unit="%", text="charge from which a low battery is good again")
    falls: int = wire(Int8ub, text="of the battery below its threshold, within their window")


class ModeChanged(Event, id=0x68, severity="medium"):
    """Mode {mode}, after {before}: {cause}."""

    mode: Mode = wire(Int8ub)
    before: Mode = wire(Int8ub)
    cause: str = wire()


class RecoveryAsked(Event, id=0x69, severity="high"):
    """The node asks for {what}: {cause}."""

    what: RestartKind = wire(Int8ub)
    cause: str = wire()


@dataclass
class Modes(App, period_ms=1000, budget_ms=20):
    """Steps the defences, and has each mode's apps stepped. `heard` counts the command frames that were accepted.

    At the start it chooses safe mode for the reason `safe`, if there is one, and else keeps the mode of before.
    """

    clock: Clock
    machine: ModeMachine
    table: ModeTable
    authority: Authority
    defences: Defences
    executive: Executive
    recovery: Recovery
    battery: Battery | None
    frames_accepted: Callable[[], int]
    safe: str = ""
    arm_s: float = parameter(
        Float32b, id=0x68, default=30.0, unit="s", range=(1, 3600), text="a hazardous command is fired within it"
    )
    _changed: ModeChanged | None = None
    _accepted_before: int = 0
    _steps: int = 0

    def __post_init__(self) -> None:
        if self.safe:
            self.enter(Mode.SAFE, self.safe)
        self._apply()

    @command(opcode=0x68)
    def change(self, mode: Annotated[Mode, wire(Int8ub)]) -> Iterator[AppReport]:
        """Change the mode: from safe to nominal, from nominal to payload, and back; safe mode from everywhere."""
        before = self.machine.command(mode)
        if before is not None:
            yield from self._report(before)

    @command(opcode=0x69)
    def arm(self, function: Annotated[int, wire(Int16ub)]) -> None:
        """Let the hazardous command with this function identifier be executed once, within a time."""
        self.authority.arm(function, self.arm_s)

    def enter(self, mode: Mode, cause: str) -> None:
        """Change the mode without being asked by the ground; the next step reports it."""
        before = self.machine.force(mode, cause)
        if before is not None:
            (self._changed,) = self._report(before)

    def step(self, now_ns: int) -> Iterator[AppReport]:
        """Take the measures that the defences ask for, and report."""
        accepted = self.frames_accepted()
        is_heard, self._accepted_before = accepted != self._accepted_before, accepted
        charge = self.battery.charge_percent() if self.battery else None
        found = self.defences.step(now_ns, self.clock.utc_ns(), charge, is_heard=is_heard)
        if found.battery_changed:
            self._weigh()
        if found.measure:
            yield from self._defend(found.measure)
        changed, self._changed = self._changed, None
        if changed:
            yield changed
        if changed or self._steps % _REPORTED_EVERY == 0:
            yield self._status(now_ns)
        self._steps += 1

    def _weigh(self) -> None:
        """A low battery ends in safe mode; once it is good again, what only that had ended goes on, but no payload."""
        if self.defences.brown_out.is_low:
            self.enter(Mode.SAFE, _LOW)
        elif self.machine.cause == _LOW:
            self.enter(Mode.NOMINAL, "the battery is good again")

    def _defend(self, measure: Remedy) -> Iterator[AppReport]:
        cause = "no command was heard for long"
        if measure is Remedy.SAFE:
            self.enter(Mode.SAFE, cause)
            return
        what, ask = (
            (RestartKind.RESET, self.recovery.reset)
            if measure is Remedy.RESET
            else (RestartKind.GOLDEN, self.recovery.boot_golden)
        )
        yield RecoveryAsked(what=what, cause=cause)
        ask(cause)

    def _report(self, before: Mode) -> Iterator[ModeChanged]:
        """Apply a change that was made, and report it."""
        self.authority.disarm()
        self._apply()
        yield ModeChanged(mode=self.machine.mode, before=before, cause=self.machine.cause)

    def _apply(self) -> None:
        mode = self.machine.mode
        self.executive.allow(lambda app: self.table.steps(mode, app))

    def _status(self, now_ns: int) -> ModeStatus:
        defences, age_s = self.defences, self.defences.age_s(now_ns)
        charge = defences.brown_out.charge
        return ModeStatus(
            mode=self.machine.mode,
            changes=self.machine.changes,
            armed=self.authority.armed,
            age_s=int(age_s) % (1 << 32),
            silence_s=int(age_s - defences.loss.heard_s) % (1 << 32),
            measures=min(defences.loss.taken, 0xFFFF),
            starts=len(defences.boot_loop.starts),
            charge=_NO_CHARGE if charge is None else round(charge),
            leave_at=round(defences.brown_out.leave_at),
            falls=len(defences.brown_out.falls),
        )
