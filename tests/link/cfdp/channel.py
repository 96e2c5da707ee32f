"""Two CFDP entities over a channel whose faults come from a seed, in virtual time: jumps to the next event."""

import heapq
import random
from dataclasses import dataclass, field

from link.cfdp import Entity, Indication, MemoryStore, Settings

MS = 1_000_000
SLOT_NS = 2 * MS
"""How long the link is busy with one PDU."""


@dataclass
class Weather:
    """What the channel does to a PDU: lose it, repeat it, and delay each copy by up to `delay_ms`."""

    loss: float = 0.0
    repeat: float = 0.0
    delay_ms: int = 0


@dataclass
class World:
    """A sending entity 1 with the file "f", a receiving entity 2."""

    seed: int
    weather: Weather
    content: bytes = b""
    settings: Settings = field(default_factory=Settings)
    now_ns: int = 0

    def __post_init__(self) -> None:
        self.random = random.Random(f"{self.seed}/channel")
        self.stores = MemoryStore(f=self.content), MemoryStore()
        self.ends = tuple(Entity(1 + i, store, self.settings) for i, store in enumerate(self.stores))
        self.told: tuple[list[Indication], list[Indication]] = [], []
        self.sent: tuple[list[bytes], list[bytes]] = [], []
        self.mute: set[int] = set()
        self._flying: list[tuple[int, int, int, bytes]] = []
        self._count = 0

    @property
    def quiet(self) -> bool:
        return not any(end.transactions for end in self.ends) and not self._flying

    def run(self, seconds: float = 10_000.0) -> None:
        """Until nothing is left to do, or time is up."""
        end_ns = self.now_ns + round(seconds * 1000) * MS
        while self.now_ns < end_ns and not self.quiet:
            self._deliver()
            if self._pull():
                self.now_ns += SLOT_NS
            else:
                self._jump(end_ns)
            self._listen()
        self._listen()

    def cut(self, seconds: float) -> None:
        """The link is down: both ends are told, what is under way is lost."""
        for end in self.ends:
            end.freeze(self.now_ns)
        self._flying.clear()
        self.now_ns += round(seconds * 1000) * MS
        assert [end.pop_pdu(self.now_ns) for end in self.ends] == [None, None]
        for end in self.ends:
            end.thaw(self.now_ns)

    def _pull(self) -> bool:
        moved = False
        for side, end in enumerate(self.ends):
            octets = end.pop_pdu(self.now_ns)
            if octets is not None:
                moved = True
                self.sent[side].append(octets)
                self._fly(1 - side, octets)
        return moved

    def _fly(self, side: int, octets: bytes) -> None:
        weather, dice = self.weather, self.random
        if 1 - side in self.mute:
            return
        copies = (dice.random() >= weather.loss) * (1 + (dice.random() < weather.repeat))
        for _ in range(copies):
            self._count += 1
            arrival_ns = self.now_ns + MS + dice.randint(0, weather.delay_ms) * MS
            heapq.heappush(self._flying, (arrival_ns, self._count, side, octets))

    def _deliver(self) -> None:
        while self._flying and self._flying[0][0] <= self.now_ns:
            _, _, side, octets = heapq.heappop(self._flying)
            self.ends[side].accept(octets, self.now_ns)

    def _listen(self) -> None:
        for told, end in zip(self.told, self.ends, strict=True):
            told += end.drain_indications()

    def _jump(self, end_ns: int) -> None:
        """To the next arrival or timer; both ends said that they have nothing to do until then."""
        times = [end.deadline_ns for end in self.ends if end.deadline_ns is not None]
        times += [self._flying[0][0]] if self._flying else []
        self.now_ns = max(self.now_ns + 1, min([*times, end_ns])) if not self.quiet else self.now_ns
