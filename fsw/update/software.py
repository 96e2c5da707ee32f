"""The software that runs, as a target of updates: who tries another one, what is wrong with it, who gives it up."""

from dataclasses import dataclass, field
from typing import NamedTuple

from fsw.executive.executive import Executive
from fsw.modes.recovery import Recovery
from fsw.update.machine import Updates
from fsw.update.record import SlotName
from fsw.update.verification import TrialRun, TrialVerdict

_LOOKS = 6
_FAILURES_MAX = 3


def nobody_tries(slot: SlotName, sha256: str) -> TrialVerdict:  # noqa: ARG001
    """`TrialRun` of a node that cannot start another process."""
    return TrialVerdict(is_good=False, reason="nobody here tries it: the node has no supervisor")


class RunningSoftware(NamedTuple):
    """`slot`: where what runs is from. `run_vectors` and `shadow` try the software in another slot."""

    slot: SlotName = SlotName.G
    run_vectors: TrialRun = nobody_tries
    shadow: TrialRun | None = None


@dataclass
class SoftwareHealth:
    """Says what is wrong with what runs, or nothing; asked at each step of the update app.

    What failed several times lately, rests after too many failures, or failed its self-test, is not healthy.
    """

    executive: Executive
    kernels_failed: tuple[str, ...]
    _failures: list[int] = field(default_factory=list)

    def __call__(self) -> str:
        """What is wrong."""
        self._failures = [*self._failures[1 - _LOOKS :], self.executive.failures]
        if self.kernels_failed:
            return f"kernels fail: {', '.join(self.kernels_failed)}"[:80]
        if self.executive.set_aside:
            return f"{self.executive.set_aside} apps or duties rest, as they fail"
        lately = self._failures[-1] - self._failures[0]
        return f"{lately} failures lately" if lately >= _FAILURES_MAX else ""


@dataclass
class GoldenFallback:
    """`Recovery` that lets `updates` know of a start of the golden copy before it asks `recovery` for it."""

    recovery: Recovery
    updates: Updates | None

    def restart(self, cause: str) -> None:
        """Ask for a restart."""
        self.recovery.restart(cause)

    def reset(self, cause: str) -> None:
        """Ask for a reset of the board."""
        self.recovery.reset(cause)

    def boot_golden(self, cause: str) -> None:
        """Give up what is promoted and what is on trial, then ask for the start."""
        if self.updates:
            self.updates.give_up()
        self.recovery.boot_golden(cause)
