"""A share of the link for each who speaks: so many at once, so many a second in the long run, the rest is counted."""

from collections.abc import Hashable
from dataclasses import dataclass, field
from enum import Enum

_NS = 1_000_000_000


class Gate(Enum):
    """What became of one more message."""

    OPEN = "it may pass"
    CLOSING = "the first one that may not, since its sender was last within its share"
    CLOSED = "it may not pass"


@dataclass(slots=True)
class _Share:
    """The generic cell rate algorithm: `due_ns` is when the share would be whole again."""

    due_ns: int = 0
    closed: bool = False


@dataclass
class Throttle:
    """`burst` messages at once and `per_second` in the long run, of each sender by itself. Counts those `refused`."""

    burst: int
    per_second: float
    refused: int = 0
    _shares: dict[Hashable, _Share] = field(default_factory=dict)

    def use_up(self, sender: Hashable, now_ns: int) -> None:
        """Let `sender` have no burst until it was calm: it had one before the node restarted."""
        self._shares[sender] = _Share(now_ns + round(self.burst * _NS / self.per_second))

    def take(self, sender: Hashable, now_ns: int) -> Gate:
        """Whether one more message of `sender` may pass. A share that was used up is whole again after calm."""
        share, interval_ns = self._shares.setdefault(sender, _Share()), round(_NS / self.per_second)
        if share.due_ns <= now_ns:
            share.due_ns, share.closed = now_ns, False
        if share.due_ns - now_ns <= (self.burst - 1) * interval_ns:
            share.due_ns += interval_ns
            return Gate.OPEN
        self.refused += 1
        first, share.closed = not share.closed, True
        return Gate.CLOSING if first else Gate.CLOSED
