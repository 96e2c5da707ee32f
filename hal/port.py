"""A byte channel: the common interface of UARTs, pseudo-terminals, sockets and simulated cables."""

from collections.abc import Iterator
from typing import Literal, NamedTuple, Protocol


class PortClosed(OSError):  # noqa: N818 - a state that ends a loop, as StopIteration does
    """The port was closed by its owner; or a line, which does not come back by itself, has ended."""


class PortState(NamedTuple):
    """State of the port called `name`. `away` is a sentence why no octets can pass now, empty while they can.

    `losses`: times that the line went away; `refused`: peers that came while another one was there.
    """

    name: str = ""
    away: str = ""
    losses: int = 0
    refused: int = 0

    def news_since(self, before: "PortState") -> Iterator["PortNews"]:
        """Changes since the state `before` that people should read; only the first refused peer is one."""
        if self.refused and not before.refused:
            yield PortNews("refused", f"{self.name}: one peer is there, another one was refused; more are only counted")
        if self.away and (not before.away or self.losses > before.losses):
            yield PortNews("away", self.away)
        if before.away and not self.away:
            yield PortNews("back", f"{self.name}: it is there")


class PortNews(NamedTuple):
    """A change of a port's state, and a sentence about it."""

    kind: Literal["away", "back", "refused"]
    sentence: str


class Line(Protocol):
    """A connection that lasts until one of its ends leaves it.

    - `read` and `write` never block; what does not fit now is for the caller to try again.
    - Octets come out in the order they went in; a lossy channel drops, it never reorders.
    - After `close`, both raise PortClosed; closing twice is allowed.
    - They raise it too when the other end or the device went away, after everything that was received has been read.
    """

    def read(self, size_max: int) -> bytes:
        """Up to `size_max` octets that have arrived; b"" when none has."""
        ...

    def write(self, octets: bytes) -> int:
        """The number of octets, from the first of `octets` on, that were taken."""
        ...

    def fileno(self) -> int:
        """A descriptor that is readable when `read` has something; -1 where there is none (simulation)."""
        ...

    def close(self) -> None:
        """Release the device."""
        ...


class Port(Line, Protocol):
    """A line that is opened again when it goes away: a UART on a board, a socket on the bench, a queue in simulation.

    While it is away, `read` gives b"" and `write` takes 0 octets; only a port that its owner closed raises PortClosed.
    `fileno` stays the same, and is readable also when a `write` that was not taken as a whole can be continued.
    """

    @property
    def state(self) -> PortState:
        """Whether octets can pass now, and the port's counters."""
        ...

    @property
    def next_wake_ns(self) -> int | None:
        """Monotonic time, in ns, when `read` must be called even if nothing arrives, to reopen the line; or None."""
        ...

    def line_fileno(self) -> int:
        """The descriptor of the line itself, for what only the kernel knows about it; -1 where there is none now."""
        ...
