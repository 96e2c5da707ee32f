"""Packets that are sent again some seconds later, as the telemetry link acknowledges nothing: a shorter outage loses
none of them. The octets are the same, so that the ground recognises the repetition.
"""

from collections import deque
from typing import NamedTuple

AGAIN_AFTER_NS = (4_000_000_000, 12_000_000_000, 36_000_000_000)
"""How long after its first transmission a packet is sent again."""


class _Sent(NamedTuple):
    packet: bytes
    first_ns: int


class Repeats:
    """At most `capacity` packets. When it is full, the packet repeated most often is given up, and counted.

    `forgotten` counts the packets that were repeated less often than was asked for.
    """

    def __init__(self, capacity: int) -> None:
        self.capacity, self.forgotten = capacity, 0
        self._sent: tuple[deque[_Sent], ...] = tuple(deque() for _ in AGAIN_AFTER_NS)

    def __len__(self) -> int:
        return sum(map(len, self._sent))

    def remember(self, packet: bytes, now_ns: int) -> None:
        """Note that `packet` was sent for the first time."""
        if len(self) >= self.capacity:
            next(sent for sent in reversed(self._sent) if sent).popleft()
            self.forgotten += 1
        self._sent[0].append(_Sent(packet, now_ns))

    def is_due(self, now_ns: int, times: int) -> bool:
        """Whether `pop` has a packet."""
        if not any(self._sent):  # as nearly always
            return False
        ages = zip(self._sent[:times], AGAIN_AFTER_NS, strict=False)
        return any(sent and now_ns - sent[0].first_ns >= after_ns for sent, after_ns in ages)

    def pop(self, now_ns: int, times: int) -> bytes | None:
        """The next packet that is due to be sent again, if each is sent again `times` times; or None."""
        for done in reversed(range(times)):
            sent = self._sent[done]
            if sent and now_ns - sent[0].first_ns >= AGAIN_AFTER_NS[done]:
                one = sent.popleft()
                if done + 1 < times:
                    self._sent[done + 1].append(one)
                return one.packet
        return None

    def limit(self, times: int) -> None:
        """Forget the packets that were repeated `times` times already: no more is asked for now."""
        for sent in self._sent[times:]:
            sent.clear()
