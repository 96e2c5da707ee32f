"""Who goes next: queues of one rank take turns, so that none crowds out another; classes have ranks and quotas."""

from collections import Counter, deque
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Generic, TypeVar

from fsw.executive.bus import Queue

_Item = TypeVar("_Item")


class Shares(Generic[_Item]):
    """Queues by key, which `make` makes when a key is first seen. `dropped` counts items whose queue was full."""

    def __init__(self, make: Callable[[Hashable], Queue[_Item]]) -> None:
        self._make = make
        self._queues: dict[Hashable, Queue[_Item]] = {}
        self._turns: deque[Hashable] = deque()  # the keys under which something waits, the next one first
        self.dropped = 0

    def __bool__(self) -> bool:
        return bool(self._turns)

    def __len__(self) -> int:
        return sum(map(len, self._queues.values()))

    def offer(self, key: Hashable, item: _Item) -> bool:
        """Whether the queue of `key` took it."""
        queue = self._queues.get(key)
        if queue is None:
            queue = self._queues[key] = self._make(key)
        if not len(queue):
            self._turns.append(key)
        before = queue.dropped
        is_taken = queue.offer(item)
        self.dropped += queue.dropped - before
        return is_taken

    def is_full(self, key: Hashable) -> bool:
        """Whether the queue of `key` has no room for one more."""
        queue = self._queues.get(key)
        return queue is not None and len(queue) >= queue.capacity

    def pop(self) -> _Item | None:
        """The oldest of the queue whose turn it is, or None."""
        if not self._turns:
            return None
        key = self._turns.popleft()
        queue = self._queues[key]
        item = queue.pop()
        if len(queue):
            self._turns.append(key)
        return item


class ClassTurns:
    """Classes in the order of their `quotas`, the most important first, in octets.

    A more important class goes first until it has sent its quota; when all that wait have, a new round begins. So none
    waits for longer than a round, and what a class does not use goes to the others.

    Counts the `octets` of each class, and how often one was `kept_back`: it waited, and a less important one went.
    """

    def __init__(self, quotas: Mapping[str, int]) -> None:
        assert all(quota > 0 for quota in quotas.values()), quotas
        self._quotas, self._left = dict(quotas), dict(quotas)
        self.octets, self.kept_back = Counter[str](), Counter[str]()

    def next(self, waiting: Sequence[str]) -> str:
        """Which of the classes that wait goes next; `waiting` has at least one, the most important first."""
        chosen = next((name for name in waiting if self._left[name] > 0), None)
        if chosen is None:
            self._begin_round(waiting)
            return self.next(waiting)
        for name in waiting:
            if name == chosen:
                break
            self.kept_back[name] += 1
        return chosen

    def note(self, name: str, octets: int) -> None:
        """Note that the class has sent a packet of so many octets."""
        self.octets[name] += octets
        self._left[name] -= octets

    def _begin_round(self, waiting: Sequence[str]) -> None:
        """Give quotas until a class that waits may send: one that sent more than its quota pays for it first."""
        rounds = min(-self._left[name] // self._quotas[name] + 1 for name in waiting)
        for name, quota in self._quotas.items():
            self._left[name] = min(self._left[name] + rounds * quota, quota)
