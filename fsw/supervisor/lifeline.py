"""The executive's end of its connection to the supervisor: it tells that it lives, and learns that it is to end."""

import socket
from contextlib import suppress

from fsw.supervisor.messages import OCTETS_MAX, Start, in_words, message_in, start_of, to_octets

_NS = 1_000_000_000


class Lifeline:
    """Readable when the executive is to end. A supervisor that takes no message has enough of them: none blocks."""

    def __init__(self, channel: socket.socket) -> None:
        self._channel = channel
        self._told_ns: int | None = None
        self._told_due_ns = 0
        self.is_flying = self.is_to_end = False

    def fileno(self) -> int:
        """The descriptor to wait for."""
        return self._channel.fileno()

    def flies(self) -> None:
        """Tell that the flight begins: all was found good."""
        self.is_flying = True
        self._report({"flying": True})

    def beat(self, now_ns: int, next_due_ns: int) -> None:
        """Tell, once a second at most, that the loop came around and has nothing to do before `next_due_ns`."""
        if self._told_ns is None or now_ns - self._told_ns >= _NS or next_due_ns - self._told_due_ns >= _NS:
            self._told_ns, self._told_due_ns = now_ns, next_due_ns
            self._report({"beat": next_due_ns})
        with suppress(BlockingIOError):
            self.is_to_end = self.is_to_end or not self._channel.recv(OCTETS_MAX, socket.MSG_DONTWAIT)

    def refuse(self, error: BaseException) -> None:
        """Tell why there will be no flight."""
        self._report({"refused": in_words(error)})

    def complain(self) -> None:
        """Tell that the guardian of the jobs does not answer."""
        self._report({"complaint": True})

    def hello(self, pid: int) -> None:
        """Tell which process this is."""
        self._report({"pid": pid})

    def await_start(self) -> Start | None:
        """Tell that this process is ready for a start, and wait for it; None where none comes any more."""
        self._report({"waits": True})
        octets = self._channel.recv(OCTETS_MAX)
        return start_of(message_in(octets)["start"]) if octets else None

    def _report(self, message: dict[str, object]) -> None:
        with suppress(OSError):
            self._channel.send(to_octets(message), socket.MSG_DONTWAIT)
