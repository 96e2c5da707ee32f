"""^C and SIGTERM for loops that end between two steps."""

import signal
import socket
from typing import Self


class StopSignal:
    """SIGTERM and SIGINT end the loop between two steps, never inside one. Readable once one of them came."""

    def __enter__(self) -> Self:
        self.requested = False
        self._ours, theirs = socket.socketpair()
        self._theirs = theirs
        theirs.setblocking(False)
        self._wakeup = signal.set_wakeup_fd(theirs.fileno())
        self._handlers = {number: signal.signal(number, self._request) for number in (signal.SIGTERM, signal.SIGINT)}
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._handlers.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(self._wakeup)
        self._ours.close()
        self._theirs.close()

    def fileno(self) -> int:
        """The end that becomes readable."""
        return self._ours.fileno()

    def _request(self, *_: object) -> None:
        self.requested = True
