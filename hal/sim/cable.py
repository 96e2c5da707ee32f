"""A cable with a bit rate: an octet comes out when its last bit has passed, if noise and cuts let it.

`CableDirection` is one direction as a state machine without I/O; `cable` joins two into a pair of `Port`s on one clock.
The rig pumps the same channels between real pseudo-terminals.
"""

import math
from dataclasses import dataclass, field
from random import Random

from hal.clock import Clock
from hal.port import PortClosed, PortState
from kernels.usage import UsageError

BITS_PER_OCTET = 10  # 8N1 on a UART
_ROOM_OCTETS = 64  # size of a UART's hardware queue: a writer is woken once that much room is free
BUFFER_OCTETS = 4096  # what a UART driver holds before `write` takes no more


@dataclass(slots=True, kw_only=True)
class CableDirection:
    """One direction. `noise`: probability that a bit of an octet's eight is flipped; `random` draws which."""

    bits_per_second: int
    noise: float = 0.0
    random: Random = field(default_factory=lambda: Random("channel"))
    carried: int = 0
    flipped_bits: int = 0
    lost_octets: int = 0
    _pending: bytearray = field(default_factory=bytearray)
    _first_starts_ns: int = 0  # when the first pending octet began to be sent
    _dead_until_ns: int = 0
    _bits_to_error: float = -1.0

    def __post_init__(self) -> None:
        if self.bits_per_second <= 0:
            raise UsageError(f"cable: {self.bits_per_second} bit/s, expected more than 0")
        self.set_noise(self.noise)

    def set_noise(self, noise: float) -> None:
        """Set the bit error rate from now on."""
        if not 0 <= noise < 1:
            raise UsageError(f"cable: bit error rate {noise}, expected 0 <= rate < 1")
        self.noise, self._bits_to_error = noise, -1.0

    @property
    def octet_ns(self) -> int:
        """Duration of one octet on the wire."""
        return BITS_PER_OCTET * 1_000_000_000 // self.bits_per_second

    def offer(self, octets: bytes, now_ns: int) -> int:
        """Take as many octets as the buffer has room for; returns their number."""
        if not self._pending:
            self._first_starts_ns = now_ns
        taken = octets[: max(0, BUFFER_OCTETS - len(self._pending))]
        self._pending += taken
        return len(taken)

    def backlog_ns(self, now_ns: int) -> int:
        """Time until all octets taken so far have left the wire."""
        return max(0, self._first_starts_ns + len(self._pending) * self.octet_ns - now_ns) if self._pending else 0

    def next_arrival_ns(self) -> int | None:
        """When the next octet will have arrived; None when the channel is idle."""
        return self._first_starts_ns + self.octet_ns if self._pending else None

    def arrived(self, now_ns: int) -> bytes:
        """The octets that the other end has received since the last call."""
        count = min(len(self._pending), (now_ns - self._first_starts_ns) // self.octet_ns)
        if count <= 0:
            return b""
        dead = min(count, max(0, (self._dead_until_ns - self._first_starts_ns) // self.octet_ns))
        octets = self._pending[dead:count]
        del self._pending[:count]
        self._first_starts_ns += count * self.octet_ns
        self.lost_octets += dead
        self.carried += len(octets)
        return self._disturbed(octets) if self.noise else bytes(octets)

    def cut(self, until_ns: int) -> None:
        """Cut the link until then: octets sent meanwhile are lost, and the sender does not notice."""
        self._dead_until_ns = until_ns

    def _disturbed(self, octets: bytearray) -> bytes:
        """Flip bits; the gap to the next error is drawn, so that octets without error cost nothing."""
        if self._bits_to_error < 0:
            self._bits_to_error = self._gap()
        bits = 8 * len(octets)
        while self._bits_to_error < bits:
            position = int(self._bits_to_error)
            octets[position // 8] ^= 0x80 >> position % 8
            self.flipped_bits += 1
            self._bits_to_error += 1 + self._gap()
        self._bits_to_error -= bits
        return bytes(octets)

    def _gap(self) -> int:
        """Number of good bits before the next wrong one, drawn from a geometric distribution."""
        return int(math.log(1.0 - self.random.random()) / math.log1p(-self.noise))


class SimPort:
    """`Port` at one end of a simulated cable."""

    def __init__(self, clock: Clock, outgoing: CableDirection, incoming: CableDirection) -> None:
        self._clock, self._outgoing, self._incoming = clock, outgoing, incoming
        self._unread = bytearray()
        self._closed = self._is_full = False

    def read(self, size_max: int) -> bytes:
        """The octets that have arrived by now."""
        self._check_open()
        self._unread += self._incoming.arrived(self._clock.monotonic_ns())
        octets = bytes(self._unread[:size_max])
        del self._unread[: len(octets)]
        return octets

    def write(self, octets: bytes) -> int:
        """The number of octets that the sending buffer takes now."""
        self._check_open()
        taken = self._outgoing.offer(octets, self._clock.monotonic_ns())
        self._is_full = taken < len(octets)
        return taken

    @property
    def state(self) -> PortState:
        """A simulated line is always there."""
        return PortState("simulated cable")

    @property
    def next_wake_ns(self) -> int | None:
        """Monotonic time when the sending buffer, if it was full, has room again; None if it was not."""
        next_ns = self._outgoing.next_arrival_ns()
        return next_ns + _ROOM_OCTETS * self._outgoing.octet_ns if self._is_full and next_ns is not None else None

    def next_arrival_ns(self) -> int | None:
        """Monotonic time when `read` will next have something; now or earlier if it already has."""
        return 0 if self._unread else self._incoming.next_arrival_ns()

    def fileno(self) -> int:
        """-1: a simulated port has no descriptor."""
        return -1

    def line_fileno(self) -> int:
        """-1: a simulated port has no descriptor."""
        return -1

    def close(self) -> None:
        """Unplug this end."""
        self._closed = True

    def _check_open(self) -> None:
        if self._closed:
            raise PortClosed("simulated cable: unplugged")


def cable(clock: Clock, there: CableDirection, back: CableDirection) -> tuple[SimPort, SimPort]:
    """Two ends: what the first writes travels through `there`, what the second writes through `back`."""
    return SimPort(clock, there, back), SimPort(clock, back, there)
