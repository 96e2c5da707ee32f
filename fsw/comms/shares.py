"""A queue that many share: each key has a queue of its own, and they are served in turn. Nobody drowns another."""

from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

from fsw.executive.bus import Queue

_Item = TypeVar("_Item")


class Shares(Generic[_Item]):
    """Queues by key, which `make` makes when a key is first seen."""

    def __init__(self, make: Callable[[Hashable], Queue[_Item]]) -> None:
        self._make = make
        self._queues: dict[Hashable, Queue[_Item]] = {}

    def __len__(self) -> int:
        return sum(map(len, self._queues.values()))

    @property
    def dropped(self) -> int:
        """What found its queue full."""
        return sum(queue.dropped for queue in self._queues.values())

    def offer(self, key: Hashable, item: _Item) -> bool:
        """Whether the queue of `key` took it."""
        if key not in self._queues:
            self._queues[key] = self._make(key)
        return self._queues[key].offer(item)

    def waiting(self, key: Hashable) -> int:
        """How many wait under `key`."""
        return len(self._queues[key]) if key in self._queues else 0

    def pop(self) -> _Item | None:
        """The oldest of the queue whose turn it is, or None."""
        for key in list(self._queues):
            self._queues[key] = self._queues.pop(key)  # whoever was asked stands at the end
            if len(self._queues[key]):
                return self._queues[key].pop()
        return None
