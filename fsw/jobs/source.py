"""Where a node's zygote comes from: a guardian (guardian.py) that is its own child, or one that a supervisor keeps.

The guardian of a supervisor outlives the node's process, so that its successor has a zygote within milliseconds.
"""

import errno
import os
import socket
import subprocess
import sys
from array import array
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import Protocol

from fsw.jobs.kin import end_family
from fsw.jobs.reason import ending

_CLOSING_S = 5.0
_ORDER = b"zygote"


class ZygoteSource(Protocol):
    """Something that can be asked for a zygote."""

    def order(self, channel: socket.socket) -> None:
        """Ask for a zygote that serves `channel`, which the caller closes; raises OSError."""
        ...

    def epitaph(self) -> str:
        """Why a channel was closed without a word of its guardian."""
        ...

    def give_up(self) -> None:
        """The guardian is stopped or hangs: have it ended. The next order has a new one started."""
        ...

    def close(self) -> None:
        """Nothing will be ordered any more; what belongs to this node alone is ended."""
        ...


class OwnGuardian:
    """A guardian as a child of this process, started for the first order, and again where it has ended.

    `pipelines`: the module that has the function `run`, by pipeline name; `warm`: modules that these will need.
    """

    def __init__(self, pipelines: Mapping[str, str], warm: Iterable[str] = ()) -> None:
        self._words = [*(f"{name}={module}" for name, module in pipelines.items()), *warm]
        self._door: socket.socket | None = None
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The process ID of the guardian, which was started."""
        assert self._process is not None
        return self._process.pid

    def order(self, channel: socket.socket) -> None:
        """Ask for a zygote; raises OSError where no guardian can be started."""
        if self._door is None or self._process is None or self._process.poll() is not None:
            self._start()
        assert self._door is not None
        socket.send_fds(self._door, [_ORDER], [channel.fileno()])

    def epitaph(self) -> str:
        """How the guardian ended; one that has not is ended now, as it does not do its duty."""
        return f"guardian {ending(self._await())}"

    def give_up(self) -> None:
        """End the guardian and all who come from it."""
        if self._process is not None:
            end_family(self._process.pid)

    def close(self) -> int:
        """Close the door, upon which the guardian ends its zygotes and itself; returns its exit status."""
        if self._door is not None:
            self._door.close()
        return self._await()

    def _start(self) -> None:
        if self._door is not None:
            self._door.close()
        self._door, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = subprocess.Popen(
                # -P: nothing is imported from the current folder
                # -u: what a stage printed survives a kill, and keeps its order
                [sys.executable, "-P", "-u", "-m", "fsw.jobs.guardian", str(theirs.fileno()), *self._words],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                env=environment(),
            )

    def _await(self) -> int:
        if self._process is None:
            return 0
        try:
            return self._process.wait(_CLOSING_S)
        except subprocess.TimeoutExpired:
            end_family(self._process.pid)
            return self._process.wait()


class SharedGuardian:
    """The guardian behind `door`, which a supervisor keeps; `complain` asks the supervisor to end it and start another.

    Orders wait in the door while there is none.
    """

    def __init__(self, door: int, complain: Callable[[], None]) -> None:
        self._door, self._complain = socket.socket(fileno=door), complain

    def order(self, channel: socket.socket) -> None:
        """Ask for a zygote; raises ConnectionRefusedError where so many orders wait that nobody can be serving them."""
        try:
            # not send_fds, which ignores its flags and may block (Python 3.11)
            rights = (socket.SOL_SOCKET, socket.SCM_RIGHTS, array("i", [channel.fileno()]))
            self._door.sendmsg([_ORDER], [rights], socket.MSG_DONTWAIT)
        except BlockingIOError:
            self._complain()
            raise ConnectionRefusedError(errno.ECONNREFUSED, "the guardian of the jobs serves nobody") from None

    def epitaph(self) -> str:
        """It ended without a word: how, its supervisor knows."""
        return "guardian ended"

    def give_up(self) -> None:
        """Have the supervisor end the guardian."""
        self._complain()

    def close(self) -> None:
        """Close this process's end of the door."""
        with suppress(OSError):
            self._door.close()


def environment() -> dict[str, str]:
    """The environment of a guardian: a library's threads do not survive a fork, so it starts none."""
    return {**os.environ, "OPENBLAS_NUM_THREADS": "1"}
