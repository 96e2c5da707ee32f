"""The software bus: objects by type, direct references, bounded queues. Nothing is lost without being counted.

A publisher learns how many subscribers got its message. Every queue always satisfies
sent = delivered + dropped + waiting.
"""

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, Literal, TypeVar

Policy = Literal["drop_new", "drop_old", "latest", "refuse"]
_Message = TypeVar("_Message")


class QueueFullError(Exception):
    """A queue that must not lose anything is full; no subscriber got the message."""


@dataclass(slots=True)
class Queue(Generic[_Message]):
    """One subscriber's messages. `policy` says what happens to one more when `capacity` of them wait:

    drop_new: it is dropped; drop_old: the oldest is; latest: all that wait are, so that only the newest state is ever
    read; refuse: the publisher gets QueueFullError.
    """

    name: str
    capacity: int
    policy: Policy
    sent: int = 0
    delivered: int = 0
    dropped: int = 0
    _waiting: deque[_Message] = field(default_factory=deque)
    _room: int = field(init=False)
    """Below so many waiting messages, one more simply waits as well."""

    def __post_init__(self) -> None:
        self._room = 1 if self.policy == "latest" else self.capacity

    def __len__(self) -> int:
        return len(self._waiting)

    @property
    def is_refusing(self) -> bool:
        """Whether the next message would be refused."""
        return self.policy == "refuse" and len(self._waiting) >= self.capacity

    def offer(self, message: _Message) -> bool:
        """Add a message; returns whether the queue took it."""
        assert not self.is_refusing, self.name
        self.sent += 1
        if self.policy == "latest":
            self._drop_oldest(len(self._waiting))
        elif len(self._waiting) >= self.capacity:
            if self.policy == "drop_new":
                self.dropped += 1
                return False
            self._drop_oldest(1)
        self._waiting.append(message)
        return True

    def pop(self) -> _Message | None:
        """The oldest message, or None."""
        if not self._waiting:
            return None
        self.delivered += 1
        return self._waiting.popleft()

    def drain(self) -> Iterator[_Message]:
        """Every message that waits now, the oldest first; messages that come meanwhile wait for the next call."""
        pop = self._waiting.popleft
        for _ in range(len(self._waiting)):
            self.delivered += 1
            yield pop()

    def _drop_oldest(self, count: int) -> None:
        for _ in range(count):
            self._waiting.popleft()
        self.dropped += count


_Route = tuple[tuple[Queue[object], ...], tuple[Queue[object], ...]]
"""The queues of a class of messages, and those of them that may refuse one."""


class _Routes(dict[type, _Route]):
    """By class of message, made when the first message of the class comes."""

    def __init__(self, queues: Mapping[type, Sequence[Queue[object]]]) -> None:
        super().__init__()
        self._subscribed = queues

    def __missing__(self, kind: type) -> _Route:
        queues = tuple(queue for topic in kind.__mro__ for queue in self._subscribed.get(topic, ()))
        self[kind] = route = queues, tuple(queue for queue in queues if queue.policy == "refuse")
        return route


class Bus:
    """Hands each message to the queues that subscribed to its class or to one that it inherits from."""

    def __init__(self) -> None:
        self._queues: dict[type, list[Queue[object]]] = {}
        self._routes = _Routes(self._queues)

    def subscribe(self, topic: type[_Message], name: str, *, capacity: int, policy: Policy) -> Queue[_Message]:
        """A new queue for messages of `topic`. `name` is its name in telemetry."""
        queue: Queue[_Message] = Queue(name, capacity, policy)
        self._queues.setdefault(topic, []).append(queue)  # type: ignore[arg-type]  # routed by class below
        self._routes.clear()
        return queue

    def publish(self, message: object) -> int:
        """Returns how many queues took the message. Raises QueueFullError, before any took it, where one refuses."""
        queues, strict = self._routes[type(message)]
        for queue in strict:
            if queue.is_refusing:
                raise QueueFullError(f"{queue.name}: {queue.capacity} messages wait")
        taken = 0
        for queue in queues:
            waiting = queue._waiting
            if len(waiting) < queue._room:  # as `offer` does, without the call: this is most of a publication
                queue.sent += 1
                waiting.append(message)
                taken += 1
            else:
                taken += queue.offer(message)
        return taken

    @property
    def queues(self) -> list[Queue[object]]:
        """All queues, in the order in which their topics were first subscribed to."""
        return [queue for queues in self._queues.values() for queue in queues]

    @property
    def dropped(self) -> int:
        """How many messages queues dropped, each queue counted by itself."""
        return sum([queue.dropped for queues in self._queues.values() for queue in queues])
