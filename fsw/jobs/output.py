"""What a worker prints, passed on to the node's stderr, up to a limit."""

import os
import select
from contextlib import suppress

_STDERR = 2
_PASSED_OCTETS_MAX = 1 << 16
_CHUNK_OCTETS = 4096
"""The most octets that a pipe takes in one piece: PIPE_BUF, pipe(7)."""


class Output:
    """The reading end of the pipe that is stdout and stderr of the worker for job `job_id`.

    No method blocks: octets that stderr has no room for are left out, and one line at the end counts them.
    """

    def __init__(self, descriptor: int, job_id: int) -> None:
        os.set_blocking(descriptor, False)
        self._descriptor, self._job_id = descriptor, job_id
        self._passed = self._left_out = 0

    def fileno(self) -> int:
        """The descriptor, readable when there is output or its end; -1 once the end was read."""
        return self._descriptor

    def pass_on(self) -> bool:
        """Pass on one chunk; returns whether there may be more now."""
        try:
            octets = os.read(self._descriptor, _CHUNK_OCTETS)
        except BlockingIOError:
            return False
        if not octets:
            self._close()
            return False
        if self._passed < _PASSED_OCTETS_MAX and _wrote(octets):
            self._passed += len(octets)
        else:
            self._left_out += len(octets)
        return True

    def end(self) -> None:
        """Pass on what is left, after the last writer has ended."""
        while self._descriptor >= 0 and self.pass_on():
            pass
        self._close()
        if self._left_out:
            _wrote(f"job {self._job_id}: {self._left_out} more octets that it printed are left out\n".encode())

    def _close(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


def _wrote(octets: bytes) -> bool:
    """Write to stderr; returns whether it took the octets."""
    with suppress(OSError):  # closed, or its disk is full
        return bool(select.select([], [_STDERR], [], 0)[1]) and os.write(_STDERR, octets) == len(octets)
    return False
