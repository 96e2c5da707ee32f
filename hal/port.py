"""A byte channel: the one face of UARTs, pseudo-terminals, sockets and simulated cables."""

from typing import Protocol


class PortClosed(OSError):  # noqa: N818 - a state that ends a loop, as StopIteration does
    """The port was closed here, or the other end or the device went away."""


class Port(Protocol):
    """A UART on a board, a socket on the bench, a queue in simulation.

    - `read` and `write` never block; what does not fit now is for the caller to try again.
    - Octets come out in the order they went in; a lossy channel drops, it never reorders.
    - After `close`, both raise PortClosed; closing twice is allowed. A device that vanishes raises PortClosed too,
      after everything that had been received was read.
    """

    def read(self, size_max: int) -> bytes:
        """Up to `size_max` octets that have arrived; b"" when none has."""
        ...

    def write(self, octets: bytes) -> int:
        """How many of `octets`, from the first on, were taken."""
        ...

    def fileno(self) -> int:
        """A descriptor that is readable when `read` has something; -1 where there is none (simulation)."""
        ...

    def close(self) -> None:
        """Give the device back."""
        ...
