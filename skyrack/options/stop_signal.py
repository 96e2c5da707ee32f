"""^C and SIGTERM for loops that end between two steps, and ^C for commands that fly a node themselves."""

import os
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Self

PATIENCE_S = 10.0


class StopSignal:
    """Lets SIGTERM and SIGINT end a loop between two steps, never within one. Readable once one of them came.

    The wait for a step is bounded: the same signal once more ends the process at once, and so does SIGALRM
    after `patience_s`.
    """

    def __init__(self, patience_s: float = PATIENCE_S) -> None:
        self._patience_s = patience_s

    def __enter__(self) -> Self:
        self.requested = False
        self._ours, theirs = socket.socketpair()
        self._theirs = theirs
        theirs.setblocking(False)
        self._wakeup = signal.set_wakeup_fd(theirs.fileno())
        self._handlers = {number: signal.signal(number, self._request) for number in (signal.SIGTERM, signal.SIGINT)}
        return self

    def __exit__(self, *_: object) -> None:
        signal.setitimer(signal.ITIMER_REAL, 0)
        for number, handler in self._handlers.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(self._wakeup)
        self._ours.close()
        self._theirs.close()

    def fileno(self) -> int:
        """The descriptor that becomes readable when a signal came."""
        return self._ours.fileno()

    def _request(self, number: int, _: object) -> None:
        self.requested = True
        signal.signal(number, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_REAL, self._patience_s)


@contextmanager
def interrupted_at_once(command: str) -> Iterator[None]:
    """^C ends this process wherever it is, with exit code 130.

    For commands that fly a node in this very process: its executive would take KeyboardInterrupt for a failure of the
    app that it meets there, and the flight would go on, another one than without it.
    """

    def end(*_: object) -> None:
        with suppress(OSError):
            os.write(2, f"skyrack {command}: stopped\n".encode())
        os._exit(130)

    before = signal.signal(signal.SIGINT, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
