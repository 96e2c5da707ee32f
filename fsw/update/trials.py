"""Trials of software in processes of their own, beside the flight that goes on: `TrialRun`s of a node on this host."""

import os
import select
import signal
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from fsw.update.record import SlotName
from fsw.update.verification import TrialVerdict
from hal.clock import Clock

TRIAL_S = 300.0
_NS = 1_000_000_000
_READ_OCTETS, _SAID_OCTETS = 1 << 16, 4096
_REASON_CHARACTERS = 100


@dataclass
class ProcessTrial:
    """Runs the module `words[0]` of the software in a slot of the node with this `state` folder, with the other words.

    It passes where the process ends with status 0 within `limit_s`; else its last line says why it does not. It has a
    low priority and limits of memory and time (trying.py), and ends with this process.
    """

    clock: Clock
    state: Path
    trusted_keys: tuple[bytes, ...]
    words: tuple[str, ...]
    limit_s: float = TRIAL_S
    _pid: int = 0
    _said: int = -1
    _end_ns: int = 0
    _last: bytes = b""

    def __call__(self, slot: SlotName, sha256: str) -> TrialVerdict | None:
        """Start the trial, or look how far it is."""
        if not self._pid:
            try:
                self._start(slot, sha256)
            except OSError as error:
                return TrialVerdict(is_good=False, reason=f"it cannot be tried ({error.strerror}): verify it again")
            return None
        self._listen()
        ended, status = os.waitpid(self._pid, os.WNOHANG)
        is_late = not ended and self.clock.monotonic_ns() >= self._end_ns
        if not (ended or is_late):
            return None
        self._end(was_waited_for=bool(ended))
        if is_late:
            return TrialVerdict(is_good=False, reason=f"it did not end within {self.limit_s:g} s")
        return TrialVerdict(is_good=not status, reason=_reason(self._last, status) if status else "")

    def close(self) -> None:
        """End the process and all of its session, if there is one."""
        if self._pid:
            self._end(was_waited_for=False)

    def _end(self, *, was_waited_for: bool) -> None:
        with suppress(ProcessLookupError):  # it may have made no session yet
            os.killpg(self._pid, signal.SIGKILL)
        if not was_waited_for:
            os.kill(self._pid, signal.SIGKILL)
            os.waitpid(self._pid, 0)
        self._listen()
        os.close(self._said)
        self._pid, self._said = 0, -1

    def _start(self, slot: SlotName, sha256: str) -> None:
        keys = ",".join(key.hex() for key in self.trusted_keys)
        words = [sys.executable, "-P", "-u", "-m", "fsw.update.trying", str(os.getpid())]
        words += [str(self.state), slot.name, sha256, keys, *self.words]
        reading, writing = os.pipe()
        quiet = [(os.POSIX_SPAWN_DUP2, writing, 1), (os.POSIX_SPAWN_DUP2, writing, 2)]
        try:
            self._pid = os.posix_spawn(
                sys.executable, words, os.environ, file_actions=quiet, setsigmask=(), setsigdef=(signal.SIGINT,)
            )
        except OSError:
            os.close(reading)
            raise
        finally:
            os.close(writing)
        self._said, self._last = reading, b""
        self._end_ns = self.clock.monotonic_ns() + round(self.limit_s * _NS)

    def _listen(self) -> None:
        """Keep the end of what it has said."""
        poll = select.poll()
        poll.register(self._said, select.POLLIN)
        while any(event & select.POLLIN for _, event in poll.poll(0)):
            self._last = (self._last + os.read(self._said, _READ_OCTETS))[-_SAID_OCTETS:]


def _reason(said: bytes, status: int) -> str:
    lines = said.decode(errors="replace").split("\n")
    last = next((line.strip() for line in reversed(lines) if line.strip()), "")
    return last[:_REASON_CHARACTERS] or f"it ended with {os.waitstatus_to_exitcode(status)}"
