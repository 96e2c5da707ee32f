"""A queue shared by many: each key has a queue of its own, and they take turns, so that none crowds out another."""

from collections import deque
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

from fsw.executive.bus import Queue

_Item = TypeVar("_Item")


class Shares(Generic[_Item]):
    """Queues by key, which `make` makes when a key is first seen."""

    def __init__(self, make: Callable[[Hashable], Queue[_Item]]) -> None:
        self._make = make
        self._queues: dict[Hashable, Queue[_Item]] = {}
        self._turns: deque[Hashable] = deque()  # the keys under which something waits, the next one first

    def __bool__(self) -> bool:
        return bool(self._turns)

    def __len__(self) -> int:
        return sum(map(len, self._queues.values()))

    @property
    def dropped(self) -> int:
        """How many items were dropped because their queue was full."""
        return sum([queue.dropped for queue in self._queues.values()])

    def offer(self, key: Hashable, item: _Item) -> bool:
        """Whether the queue of `key` took it."""
        queue = self._queues.get(key)
        if queue is None:
            queue = self._queues[key] = self._make(key)
        if not len(queue):
            self._turns.append(key)
        return queue.offer(item)

    def waiting(self, key: Hashable) -> int:
        """How many items wait under `key`."""
        return len(self._queues[key]) if key in self._queues else 0

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
