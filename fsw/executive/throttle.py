"""A share of the link for each sender: a burst at once, a rate in the long run; further messages are counted."""

from collections.abc import Hashable
from dataclasses import dataclass, field
from enum import Enum

_NS = 1_000_000_000


class Gate(Enum):
    """Whether one more message may pass."""

    OPEN = "it may pass"
    CLOSING = "the first one that may not, since its sender was last within its share"
    CLOSED = "it may not pass"


@dataclass(slots=True)
class _Share:
    """The state of one sender (generic cell rate algorithm): at `due_ns` its share is whole again."""

    due_ns: int = 0
    closed: bool = False


@dataclass
class Throttle:
    """`burst` messages at once and `per_second` in the long run, for each sender. Counts `refused` messages."""

    burst: int
    per_second: float
    refused: int = 0
    _shares: dict[Hashable, _Share] = field(default_factory=dict)
    _interval_ns: int = field(init=False)

    def __post_init__(self) -> None:
        self._interval_ns = round(_NS / self.per_second)

    def use_up(self, sender: Hashable, now_ns: int) -> None:
        """Begin with the share of `sender` used up, as it was before the node restarted."""
        self._shares[sender] = _Share(now_ns + round(self.burst * _NS / self.per_second))

    def admit(self, sender: Hashable, now_ns: int) -> Gate:
        """Whether one more message of `sender` may pass. A share grows again at `per_second`, up to `burst`."""
        interval_ns = self._interval_ns
        share = self._shares.get(sender)
        if share is None:
            share = self._shares[sender] = _Share()
        if share.due_ns <= now_ns:
            share.due_ns, share.closed = now_ns, False
        if share.due_ns - now_ns <= (self.burst - 1) * interval_ns:
            share.due_ns += interval_ns
            return Gate.OPEN
        self.refused += 1
        first, share.closed = not share.closed, True
        return Gate.CLOSING if first else Gate.CLOSED
