"""A port over lines that come and go: when a line is lost, the next one is opened, after delays that grow (backoff).

Only octets that arrive reset the delay: a peer that accepts connections just to close them is not called more often
than one that does not answer, and strangers who connect and leave do not keep the loop busy. The port's descriptor is
an epoll instance (epoll(7)): it stays the same when lines change, and is readable when the line has something to read,
can be written to again after it was full, or a peer waits at the door.
"""

import contextlib
import select
from collections.abc import Callable
from typing import Protocol

from hal.clock import Clock
from hal.port import Line, PortClosed, PortState

PATIENCE_MS = (100, 5_000)
"""First and maximum delay before an attempt to open a lost line again; it doubles from one attempt to the next."""
_MS = 1_000_000
_LEAVES = select.EPOLLRDHUP | select.EPOLLHUP | select.EPOLLERR


class Door(Protocol):
    """A listening place that peers connect to: no line is opened before a peer is there."""

    def fileno(self) -> int:
        """A file descriptor that is readable when a peer waits."""
        ...

    def open(self) -> Line:
        """The line to the peer that came first; raises OSError where no peer waits after all."""
        ...

    def close(self) -> None:
        """Stop to listen: no peer can connect any more."""
        ...


class LastingPort:
    """`Port` over the lines that `reopen` opens, without blocking or with OSError, or over those of a `door`.

    `line` is the first one, or None while there is none; `bits_per_second` is the rate of the lines, 0 if unknown.
    """

    def __init__(
        self,
        name: str,
        clock: Clock,
        *,
        line: Line | None = None,
        reopen: Callable[[], Line] | None = None,
        door: Door | None = None,
        bits_per_second: int = 0,
    ) -> None:
        assert (reopen is None) != (door is None), "expected either reopen or door"
        self.name, self.bits_per_second = name, bits_per_second
        self._clock, self._door = clock, door
        self._opener = door.open if door else reopen
        self._epoll = select.epoll()
        self._line: Line | None = None
        self._away, self._losses, self._refused = f"{name}: waits for a peer", 0, 0
        self._patience_ms = PATIENCE_MS[0]
        self._retry_ns: int | None = None
        self._leaves = False
        if door:
            self._epoll.register(door.fileno(), select.EPOLLIN)
        if line:
            self._adopt(line)
            self._away = ""
        elif not door:
            self._away = f"{name}: cannot be opened yet"
            self._plan_retry()

    @property
    def state(self) -> PortState:
        """Whether the line is there, and the counters of this port."""
        return PortState(self.name, self._away, self._losses, self._refused)

    @property
    def next_wake_ns(self) -> int | None:
        """Monotonic time of the next attempt to open a line or the door; None while there is a line or an open door."""
        return None if self._line else self._retry_ns

    def read(self, size_max: int) -> bytes:
        """Octets that have arrived; b"" also while there is no line."""
        self._look()
        if not self._line:
            return b""
        try:
            octets = self._line.read(size_max)
        except PortClosed as closed:
            self._lose(str(closed))
            return b""
        if octets:
            self._patience_ms = PATIENCE_MS[0]
        return octets

    def write(self, octets: bytes) -> int:
        """The number of octets that the line takes now; 0 while there is no line."""
        self._look()
        if not self._line:
            return 0
        try:
            taken = self._line.write(octets)
        except PortClosed as closed:
            self._lose(str(closed))
            return 0
        if taken < len(octets):
            self._await(select.EPOLLIN | select.EPOLLOUT)
        return taken

    def fileno(self) -> int:
        """The descriptor of the epoll instance."""
        self._check_open()
        return self._epoll.fileno()

    def line_fileno(self) -> int:
        """The descriptor of the present line; -1 while there is none."""
        return self._line.fileno() if self._line else -1

    def close(self) -> None:
        """Close the line, the door and the epoll instance."""
        for one in (self._line, self._door, self._epoll):
            if one:
                one.close()
        self._line = None

    def _check_open(self) -> None:
        if self._epoll.closed:
            raise PortClosed(f"{self.name}: closed")

    def _look(self) -> None:
        """Act on what has changed: the line, the door, or the time of the next attempt."""
        self._check_open()
        events = dict(self._epoll.poll(0))
        if self._line and (seen := events.pop(self._line.fileno(), 0)):
            self._leaves = bool(seen & _LEAVES)
            if seen & select.EPOLLOUT and not self._leaves:
                self._away = ""
                self._await(select.EPOLLIN)
        if events:
            self._answer_door()
        if not self._line and self._retry_ns is not None and self._clock.monotonic_ns() >= self._retry_ns:
            self._try_again()

    def _answer_door(self) -> None:
        """Open a line to a peer at the door if there is none, refuse it while another peer is there, and let it wait
        while that one is leaving.
        """
        assert self._door
        if not self._line:
            self._open()
        elif not self._leaves:
            with contextlib.suppress(OSError):
                self._door.open().close()
                self._refused += 1

    def _try_again(self) -> None:
        self._retry_ns = None
        if self._door:
            self._epoll.modify(self._door.fileno(), select.EPOLLIN)
        else:
            self._open()

    def _open(self) -> None:
        assert self._opener
        try:
            self._adopt(self._opener())
        except OSError as error:
            if not self._door:
                self._away = str(error.strerror or error)
            self._plan_retry()

    def _adopt(self, line: Line) -> None:
        self._line, self._leaves = line, False
        self._epoll.register(line.fileno(), select.EPOLLIN | select.EPOLLOUT | select.EPOLLRDHUP)

    def _await(self, events: int) -> None:
        assert self._line
        self._epoll.modify(self._line.fileno(), events | select.EPOLLRDHUP)

    def _lose(self, reason: str) -> None:
        """Close a line that has ended. One that never carried octets counts as a failed attempt, not as a loss."""
        assert self._line
        with contextlib.suppress(OSError):
            self._epoll.unregister(self._line.fileno())
        with contextlib.suppress(OSError):
            self._line.close()
        self._line = None
        self._losses += not self._away
        self._away = reason
        self._plan_retry()

    def _plan_retry(self) -> None:
        if self._door:
            self._epoll.modify(self._door.fileno(), 0)
        self._retry_ns = self._clock.monotonic_ns() + self._patience_ms * _MS
        self._patience_ms = min(2 * self._patience_ms, PATIENCE_MS[1])
