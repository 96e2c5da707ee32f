"""One direction of a simulated radio link, unit by unit: what one `write` took travels, fails and arrives together.

A unit arrives when its last bit has passed, so that a receiver is woken once for it and not for every octet. What
happens to it is drawn as it leaves: loss, flipped bits, a burst, a second copy, a detour that lets later ones overtake.
"""

import heapq
import math
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from random import Random

from hal.port import PortClosed, PortState
from rig.world.clocks import EndClock
from rig.world.power import Power

BUFFER_OCTETS = 4096  # what a driver holds before `write` takes no more
_BITS_PER_OCTET = 10  # 8N1
_DETOUR_NS = (20_000_000, 3_000_000_000)  # how much later than others a detoured unit may come
BURST_OCTETS_MAX = 64
ECHO_UNITS_MAX = 64


@dataclass(slots=True)
class Weather:
    """The disturbances of units: probabilities, each by itself; `flips` is that of a single bit."""

    loss: float = 0.0
    burst: float = 0.0
    flips: float = 0.0
    twice: float = 0.0
    detour: float = 0.0


@dataclass(slots=True)
class _Unit:
    """Octets on their way: the first bit leaves at `start_ns`, the last one at `end_ns`."""

    start_ns: int
    octets: bytes
    end_ns: int


@dataclass(slots=True, kw_only=True)
class Wire:
    """`is_cut`: units that leave meanwhile are lost. `is_overheard`: others hear them, too. `takes`: how many more
    octets are taken; None: no limit.

    Counts units by what happened to them.
    """

    bits_per_second: int
    random: Random
    delay_ns: int = 5_000_000
    weather: Weather = field(default_factory=Weather)
    is_cut: bool = False
    is_overheard: bool = False
    takes: int | None = None
    taken_octets: int = 0
    units: int = 0
    lost: int = 0
    marred: int = 0
    doubled: int = 0
    detoured: int = 0
    strange: int = 0
    _free_ns: int = 0
    _queue: deque[_Unit] = field(default_factory=deque)
    _air: list[tuple[int, int, bytes]] = field(default_factory=list)
    _sent: deque[bytes] = field(default_factory=deque)

    @property
    def octet_ns(self) -> int:
        """The time of one octet on the wire, in nanoseconds."""
        return _BITS_PER_OCTET * 1_000_000_000 // self.bits_per_second

    def offer(self, octets: bytes, now_ns: int) -> int:
        """Take a unit, or as much of it as there is room for; returns how many octets were taken."""
        room = BUFFER_OCTETS - self.held(now_ns)
        if self.takes is not None:
            room = min(room, self.takes)
            self.takes -= min(room, len(octets))
        taken = octets[: max(0, room)]
        if taken:
            start_ns = max(now_ns, self._free_ns)
            self._free_ns = start_ns + len(taken) * self.octet_ns
            self._queue.append(_Unit(start_ns, taken, self._free_ns))
            self.taken_octets += len(taken)
        return len(taken)

    def held(self, now_ns: int) -> int:
        """Octets that were taken and have not left yet."""
        return sum([len(unit.octets) - self._left(unit, now_ns) for unit in self._queue])

    def forget(self, now_ns: int) -> None:
        """Drop octets that have not left yet, also the rest of a unit that is leaving."""
        for unit in self._queue:
            unit.octets = unit.octets[: self._left(unit, now_ns)]
            unit.end_ns = unit.start_ns + len(unit.octets) * self.octet_ns
        self._queue = deque(unit for unit in self._queue if unit.octets)
        self._free_ns = now_ns

    def next_left_ns(self) -> int | None:
        """The time at which the next unit will have left."""
        return self._queue[0].end_ns if self._queue else None

    def next_event_ns(self) -> int | None:
        """The time at which `arrived` next has a unit."""
        left_ns = self._queue[0].end_ns if self._queue else None
        if not self._air:
            return left_ns
        return self._air[0][0] if left_ns is None else min(left_ns, self._air[0][0])

    def arrived(self, now_ns: int) -> list[bytes]:
        """The units that have arrived since the last call."""
        while self._queue and self._queue[0].end_ns <= now_ns:
            unit = self._queue.popleft()
            self._send(unit.octets, unit.end_ns + self.delay_ns)
        come = []
        while self._air and self._air[0][0] <= now_ns:
            come.append(heapq.heappop(self._air)[2])
        return come

    def repeat(self, count: int, now_ns: int) -> None:
        """Have the last `count` units of long ago come again, in their order, as from a recorder at the antenna."""
        for number, octets in enumerate(list(self._sent)[-count:] if count else []):
            self._strange(octets, now_ns + number * len(octets) * self.octet_ns)

    def intrude(self, units: Iterable[bytes], now_ns: int) -> int:
        """Have units of another sender come, one behind the other; returns when the last of them has passed."""
        for octets in units:
            now_ns += len(octets) * self.octet_ns
            self._strange(octets, now_ns)
        return now_ns + self.delay_ns

    def lately(self, count: int) -> list[bytes]:
        """The last units that were sent, the oldest first, up to so many."""
        return list(self._sent)[-count:] if count else []

    def babble(self, octets: bytes, now_ns: int) -> None:
        """Have octets come that nobody sent."""
        self._strange(octets, now_ns)

    def _strange(self, octets: bytes, now_ns: int) -> None:
        self.strange += 1
        self._fly(octets, now_ns + self.delay_ns)

    def _left(self, unit: _Unit, now_ns: int) -> int:
        return min(len(unit.octets), max(0, now_ns - unit.start_ns) // self.octet_ns)

    def _send(self, octets: bytes, arrival_ns: int) -> None:
        self.units += 1
        self._sent.append(octets)
        if len(self._sent) > ECHO_UNITS_MAX:
            self._sent.popleft()
        draw, weather = self.random.random, self.weather
        if self.is_cut or draw() < weather.loss:
            self.lost += 1
            return
        if draw() < weather.detour:
            self.detoured += 1
            arrival_ns += self.random.randrange(*_DETOUR_NS)
        marred = self._marred(octets)
        self.marred += marred != octets
        self._fly(marred, arrival_ns)
        if draw() < weather.twice:
            self.doubled += 1
            self._fly(octets, arrival_ns + self.random.randrange(*_DETOUR_NS))

    def _fly(self, octets: bytes, arrival_ns: int) -> None:
        heapq.heappush(self._air, (arrival_ns, self.units + self.strange, octets))

    def _marred(self, octets: bytes) -> bytes:
        """A unit after noise: single bits flipped, or a burst of random octets."""
        weather, bits = self.weather, bytearray(octets)
        if weather.flips:
            at = self._gap()
            while at < 8 * len(bits):
                bits[at // 8] ^= 0x80 >> at % 8
                at += 1 + self._gap()
        if weather.burst and self.random.random() < weather.burst:
            begin = self.random.randrange(len(bits))
            end = min(len(bits), begin + self.random.randint(1, BURST_OCTETS_MAX))
            bits[begin:end] = self.random.randbytes(end - begin)
        return bytes(bits)

    def _gap(self) -> int:
        """Undisturbed bits before the next flipped one: geometrically distributed."""
        return int(math.log(1.0 - self.random.random()) / math.log1p(-self.weather.flips))


class WirePort:
    """The `Port` of one end: writes to `outgoing`; the world puts received octets into `unread`. Needs its `power`.

    `before` is called by each write: a driver may never return from it.
    """

    def __init__(
        self, clock: EndClock, outgoing: Wire, power: Power, before: Callable[[], None] = lambda: None
    ) -> None:
        self._clock, self.outgoing, self._power, self._before = clock, outgoing, power, before
        self.unread = bytearray()
        self.is_full = self._is_closed = False

    def read(self, size_max: int) -> bytes:
        """The octets received."""
        self._check_open()
        octets = bytes(self.unread[:size_max])
        del self.unread[:size_max]
        return octets

    def write(self, octets: bytes) -> int:
        """Write as much as the driver has room for; returns how many octets."""
        self._check_open()
        self._before()
        taken = self.outgoing.offer(octets, self._clock.true_ns)
        self.is_full = taken < len(octets)
        return taken

    @property
    def state(self) -> PortState:
        """The state of a port that is there."""
        return PortState("simulated radio")

    @property
    def next_wake_ns(self) -> int | None:
        """The local time at which a full driver has room again; None where that is unknown."""
        left_ns = self.outgoing.next_left_ns() if self.is_full and self.outgoing.takes is None else None
        return None if left_ns is None else self._clock.local(left_ns)

    def fileno(self) -> int:
        """-1: there is no descriptor."""
        return -1

    def line_fileno(self) -> int:
        """-1: there is no descriptor."""
        return -1

    def close(self) -> None:
        """Unplug this end."""
        self._is_closed = True

    def _check_open(self) -> None:
        self._power.check()
        if self._is_closed:
            raise PortClosed("simulated radio: unplugged")
