"""Packets that are sent again some seconds later, on a link that acknowledges nothing: an outage shorter than that
hides nothing. They are the same octets, so that the ground knows them for the same.
"""

from collections import deque
from typing import NamedTuple

AGAIN_AFTER_NS = (4_000_000_000, 12_000_000_000, 36_000_000_000)
"""How long after it was first sent a packet is sent again."""


class _Sent(NamedTuple):
    packet: bytes
    first_ns: int


class Repeats:
    """At most `capacity` packets; where one more comes, that which was repeated most often is given up, and counted.

    `forgotten` counts the packets that were repeated less often than was asked for.
    """

    def __init__(self, capacity: int) -> None:
        self.capacity, self.forgotten = capacity, 0
        self._sent: tuple[deque[_Sent], ...] = tuple(deque() for _ in AGAIN_AFTER_NS)

    def __len__(self) -> int:
        return sum(map(len, self._sent))

    def remember(self, packet: bytes, now_ns: int) -> None:
        """It was sent for the first time."""
        if len(self) >= self.capacity:
            next(sent for sent in reversed(self._sent) if sent).popleft()
            self.forgotten += 1
        self._sent[0].append(_Sent(packet, now_ns))

    def take(self, now_ns: int, times: int) -> bytes | None:
        """The next packet that is to be sent again by now, if each is `times` times."""
        for done in reversed(range(times)):
            sent = self._sent[done]
            if sent and now_ns - sent[0].first_ns >= AGAIN_AFTER_NS[done]:
                one = sent.popleft()
                if done + 1 < times:
                    self._sent[done + 1].append(one)
                return one.packet
        return None

    def limit(self, times: int) -> None:
        """Forget what was repeated `times` times: that is enough now."""
        for sent in self._sent[times:]:
            sent.clear()
