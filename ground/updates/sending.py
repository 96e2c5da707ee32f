"""Sends an update to a node that flies and follows it to its promotion, through the ground service.

The file goes up by commands, several at a time, as frames arrive in order. What the node has already is not sent again:
an upload that ended with a pass goes on in the next one.
"""

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from hashlib import sha256
from typing import Any

from ground.errors import GroundError
from ground.records import CommandRecord, EventRecord
from ground.service.client import Client

_UNDER_WAY_MAX = 8
_FAILURES_MAX = 5
_NEWS_S = 1.0


class UpdateError(GroundError):
    """The update did not come so far; the sentence says why."""


@dataclass
class UpdateSender:
    """Updates `target` of the node. `say` gets what happens, a line each; each step may take `timeout_s`."""

    client: Client
    target: str
    say: Callable[[str], None]
    timeout_s: float = 600.0

    def free_slot(self) -> str:
        """The slot that may be written: the one that neither runs nor is promoted."""
        status = self._status()
        return next(slot for slot in ("A", "B") if slot not in (status["running"], status["promoted"]))

    def upload(self, octets: bytes, slot: str, chunk_octets: int) -> None:
        """Send a file to a slot, from where an earlier upload of it ended. Raises UpdateError."""
        self._do("prepare", slot=slot, octets=len(octets), sha256=sha256(octets).hexdigest())
        self._do("write", slot=slot, offset=0, octets=octets[:chunk_octets].hex())
        at, failures = self._status()["received"], 0
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
        since_ns = self._do("verify_rollback" if may_be_older else "verify", slot=slot).sent_ns
        event = self._event("Update*erified", since_ns, slot)
        self.say(event.message)
        if event.name != "UpdateVerified":
            raise UpdateError(event.message)

    def start(self, slot: str, tries: int) -> None:
        """Arm a verified slot, start it, and confirm it once it is healthy and has heard the ground."""
        self._do("arm", slot=slot, tries=tries)
        since_ns = self._do("boot", confirm=True).sent_ns
        self.say(self._event("UpdateRestarting", since_ns, slot).message)
        self._await_running(slot)
        self.say(f"slot {slot} runs on trial")
        self._confirm(slot)

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

    def _confirm(self, slot: str) -> None:
        """Confirm what runs on trial as soon as it may be: until then it says why not."""
        left_s = self.timeout_s
        while True:
            command = self._ended(self._command("confirm"))
            if command.state == "completed":
                self.say(f"slot {slot} is promoted")
                return
            if "its health is not good" not in command.reason or left_s <= 0:
                raise UpdateError(f"not promoted: {command.reason}")
            for event in self._events(10 * _NEWS_S):
                if event.name in ("UpdateTrialEnded", "UpdateFellBack"):
                    raise UpdateError(event.message)
            left_s -= 10 * _NEWS_S

    def _await_running(self, slot: str) -> None:
        left_s = self.timeout_s
        while self._status(is_asked_for=False).get("running") != slot:
            for event in self._events(_NEWS_S):
                if event.name in ("UpdateTrialEnded", "UpdateFellBack"):
                    raise UpdateError(event.message)
            left_s -= _NEWS_S
            if left_s <= 0:
                raise UpdateError(f"slot {slot} does not run after {self.timeout_s:g} s")

    def _status(self, *, is_asked_for: bool = True) -> dict[str, Any]:
        """The latest status of the target."""
        found = [one.values for one in self.client.latest() if one.report == "UpdateStatus"]
        if found and found[0]["target"] == self.target:
            return dict(found[0])
        if is_asked_for:
            raise UpdateError(f"the node has not reported the update status of {self.target} yet: wait ten seconds")
        return {}

    def _event(self, pattern: str, since_ns: int, slot: str) -> EventRecord:
        """The first such event of the target and slot."""
        left_s = self.timeout_s
        while left_s > 0:
            for event in self.client.events(since_ns):
                values = event.values
                if fnmatchcase(event.name, pattern) and (values["target"], values["slot"]) == (self.target, slot):
                    return event
            for _ in self._events(_NEWS_S):
                pass
            left_s -= _NEWS_S
        raise UpdateError(f"waited {self.timeout_s:g} s in vain for {pattern}")

    def _events(self, seconds: float) -> Iterator[EventRecord]:
        """The events of the next seconds."""
        self.client.subscribe("event")
        yield from (one for one in self.client.news(seconds) if isinstance(one, EventRecord))

    def _do(self, name: str, *, confirm: bool = False, **arguments: Any) -> CommandRecord:
        """Execute a command; raises UpdateError where it does not complete."""
        command = self._ended(self._command(name, confirm=confirm, **arguments))
        if command.state != "completed":
            raise UpdateError(f"update.{name}: {command.state}: {command.reason}")
        return command

    def _command(self, name: str, *, confirm: bool = False, **arguments: Any) -> CommandRecord:
        return self.client.command(f"update.{name}", {"target": self.target, **arguments}, confirm=confirm)

    def _ended(self, command: CommandRecord) -> CommandRecord:
        return self.client.wait_command(command.number, timeout_s=self.timeout_s)
