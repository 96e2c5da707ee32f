"""Sends an update to a node that flies and follows it to its promotion, through the ground service.

The file goes up by commands, several at a time, as frames arrive in order. What the node has already is not sent again:
an upload that ended with a pass goes on in the next one.
"""

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, TypeVar

from ground.errors import GroundError, WaitError
from ground.records import CommandRecord, EventRecord, SampleRecord
from ground.service.client import Client
from hal.clock import Clock

_UNDER_WAY_MAX = 8
_FAILURES_MAX = 5
_CONFIRM_EVERY_S = 10.0
_NS = 1_000_000_000
_ENDINGS = ("UpdateTrialEnded", "UpdateFellBack")
_NOT_YET = ("its health is not good", "it has not heard the ground")
_Found = TypeVar("_Found")


class UpdateError(GroundError):
    """The update did not come so far; the sentence says why."""


@dataclass
class UpdateSender:
    """Updates `target` of the node. `say` gets what happens, a line each; each step may take `timeout_s`.

    Its methods raise UpdateError, WaitError where a step takes longer, and what the client raises.
    """

    client: Client
    clock: Clock
    target: str
    say: Callable[[str], None]
    timeout_s: float = 600.0
    _commands: dict[int, CommandRecord] = field(default_factory=dict)
    _events: list[EventRecord] = field(default_factory=list)
    """Of the target, since its last command but writes."""
    _status: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.client.subscribe("command", "event", "sample")
        for sample in self.client.latest():
            self._note(sample)

    def free_slot(self) -> str:
        """The slot that may be written: the one that neither runs nor is promoted."""
        if not self._status:
            heard = "" if self.client.status().linked else "the node is not heard; "
            self.say(f"{heard}waiting for the update status of {self.target}, if its mission has [update] for that")
        status = self._await(lambda: self._status or None, f"the update status of {self.target}")
        return next(slot for slot in ("A", "B") if slot.lower() not in (status["running"], status["promoted"]))

    def upload(self, octets: bytes, slot: str, chunk_octets: int) -> None:
        """Send a file to a slot, from where an earlier upload of it ended."""
        self._do("prepare", slot=slot, octets=len(octets), sha256=sha256(octets).hexdigest())
        self._status = {}
        first = octets[:chunk_octets]
        self._do("write", slot=slot, offset=0, octets=first.hex())
        self._await(lambda: self._status.get("received", 0) >= len(first), "what the node has received")
        at, failures = self._status["received"], 0
        if at > chunk_octets:
            self.say(f"{at} of {len(octets)} octets are there already")
        while at < len(octets):
            reached = self._write(octets, slot, at, chunk_octets)
            failures = failures + 1 if reached == at else 0
            if failures == _FAILURES_MAX:
                raise UpdateError(f"octets from {at} on were not accepted {failures} times")
            at = reached
        self.say(f"slot {slot} has all {len(octets)} octets")

    def verify(self, slot: str, *, may_be_older: bool = False) -> None:
        """Have a slot verified, with golden vectors and a shadow run, and wait for the verdict."""
        self._do("verify_rollback" if may_be_older else "verify", confirm=may_be_older, slot=slot)
        event = self._event("UpdateVerified", "UpdateNotVerified")
        for compared in (one for one in self._events if one.name == "ModelCompared"):
            self.say(compared.message)
        self.say(event.message)
        if event.name != "UpdateVerified":
            raise UpdateError(event.message)

    def start(self, slot: str, tries: int) -> None:
        """Arm a verified slot, start it, and confirm it once it is healthy and has heard the ground."""
        self._do("arm", slot=slot, tries=tries)
        self._do("boot", confirm=True)
        self.say(self._event("UpdateRestarting").message)
        self._await(lambda: self._runs(slot), f"slot {slot} to run")
        self.say(f"slot {slot} runs on trial")
        self._await(self._is_confirmed, "good health")
        self.say(f"slot {slot} is promoted")

    def _write(self, octets: bytes, slot: str, at: int, chunk_octets: int) -> int:
        """Write as long as nothing fails; returns up to where everything is there."""
        under_way, sent = deque[tuple[int, CommandRecord]](), at
        while under_way or sent < len(octets):
            while sent < len(octets) and len(under_way) < _UNDER_WAY_MAX:
                chunk = octets[sent : sent + chunk_octets]
                command = self._command("write", slot=slot, offset=sent, octets=chunk.hex())
                sent += len(chunk)
                under_way.append((sent, command))
            end, command = under_way.popleft()
            if self._ended(command).state != "completed":
                for _, other in under_way:
                    self._ended(other)
                return at
            at = end
        return at

    def _is_confirmed(self) -> bool | None:
        """Confirm what runs on trial, if it may be: as long as it may not, the refusal says why, and it is waited."""
        command = self._ended(self._command("confirm"))
        if command.state == "completed":
            return True
        self._check()
        if not any(reason in command.reason for reason in _NOT_YET):
            raise UpdateError(f"not promoted: {command.reason}")
        end_ns = self.clock.monotonic_ns() + round(_CONFIRM_EVERY_S * _NS)
        while self.clock.monotonic_ns() < end_ns:
            self._listen()
        return None

    def _runs(self, slot: str) -> bool:
        self._check()
        return bool(self._status.get("running") == slot.lower())

    def _check(self) -> None:
        """Raise UpdateError where the trial has ended."""
        for event in self._events:
            if event.name in _ENDINGS:
                raise UpdateError(event.message)

    def _event(self, *names: str) -> EventRecord:
        """The first such event since the last command."""

        def found() -> EventRecord | None:
            return next((event for event in self._events if event.name in names), None)

        return self._await(found, " or ".join(names))

    def _do(self, name: str, *, confirm: bool = False, **arguments: Any) -> None:
        """Execute a command; raises UpdateError where it does not complete."""
        self._events.clear()
        command = self._ended(self._command(name, confirm=confirm, **arguments))
        if command.state != "completed":
            raise UpdateError(f"update.{name}: {command.state}: {command.reason}")

    def _command(self, name: str, *, confirm: bool = False, **arguments: Any) -> CommandRecord:
        return self.client.command(f"update.{name}", {"target": self.target, **arguments}, confirm=confirm)

    def _ended(self, command: CommandRecord) -> CommandRecord:
        """The command once it has ended."""

        def found() -> CommandRecord | None:
            known = self._commands.get(command.number, command)
            return known if known.ended else None

        ended = self._await(found, f"command {command.number} to end")
        self._commands.pop(command.number, None)
        return ended

    def _await(self, found: Callable[[], _Found | None], what: str) -> _Found:
        """What is `found`, once there is something."""
        end_ns = self.clock.monotonic_ns() + round(self.timeout_s * _NS)
        while not (one := found()):
            if self.clock.monotonic_ns() >= end_ns:
                raise WaitError(f"waited {self.timeout_s:g} s in vain for {what}")
            self._listen()
        return one

    def _listen(self) -> None:
        """Note the next news, if there are some within a second."""
        for record in self.client.news(1.0):
            self._note(record)
            return

    def _note(self, record: object) -> None:
        match record:
            case CommandRecord():
                self._commands[record.number] = record
            case EventRecord() if record.values.get("target") == self.target:
                self._events.append(record)
            case SampleRecord(report="UpdateStatus") if record.values["target"] == self.target:
                self._status = record.values
