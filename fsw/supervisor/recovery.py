"""A node that asks for its own restart: its loop goes on a moment, so that what it told goes down, and then ends."""

from fsw.supervisor.causes import EXIT_COMMANDED, EXIT_RESET
from hal.clock import Clock

GRACE_S = 5.0
"""From the request to the end of the loop: what the node says of it has a slow link before it."""
_NS = 1_000_000_000


class SupervisedRecovery:
    """`Recovery` (fsw/modes/recovery.py) of a node under a supervisor, which acts on the exit status of its loop.

    `due_ns`: when the loop is to end, with exit status `status`; None: not as long as nobody asks.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.due_ns: int | None = None
        self.status = 0

    def restart(self, cause: str) -> None:  # noqa: ARG002
        """End, to be started again: from the slot that is chosen then."""
        self._end(EXIT_COMMANDED)

    def reset(self, cause: str) -> None:  # noqa: ARG002
        """End, and have the board reset before the next start."""
        self._end(EXIT_RESET)

    def boot_golden(self, cause: str) -> None:
        """The same: which software is started then is known to the record of its slots."""
        self.reset(cause)

    def is_due(self, now_ns: int) -> bool:
        """Whether the loop is to end now."""
        return self.due_ns is not None and now_ns >= self.due_ns

    def _end(self, status: int) -> None:
        """End once what is asked for first is due, with the stronger of all that is asked for until then."""
        self.status = max(self.status, status)
        if self.due_ns is None:
            self.due_ns = self._clock.monotonic_ns() + round(GRACE_S * _NS)
