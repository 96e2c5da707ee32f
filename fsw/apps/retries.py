"""When to try again what failed: after a rest that doubles with each failure in a row."""

from dataclasses import dataclass, field

_NS_PER_S = 1_000_000_000


@dataclass(slots=True)
class Retries:
    """Rests by number: the first one takes `first_s`, each further one twice as long, at most `longest_s`."""

    first_s: int = 2
    longest_s: int = 300
    _rests_s: dict[int, int] = field(default_factory=dict)
    _until_ns: dict[int, int] = field(default_factory=dict)

    def failed(self, number: int, now_ns: int, *, is_grave: bool = True) -> None:
        """Rest `number` from now on. A failure that is not grave, as silence on the link, does not lengthen it."""
        rest_s = self.first_s
        if is_grave:
            rest_s = self._rests_s[number] = min(2 * self._rests_s.get(number, 0) or self.first_s, self.longest_s)
        self._until_ns[number] = now_ns + rest_s * _NS_PER_S

    def forget(self, number: int) -> None:
        """Drop the rest of `number`, which succeeded or is given up."""
        self._rests_s.pop(number, None)
        self._until_ns.pop(number, None)

    def forget_all(self) -> None:
        """End all rests: everything may be tried now."""
        self._rests_s.clear()
        self._until_ns.clear()

    def rests(self, number: int, now_ns: int) -> bool:
        """Whether `number` still rests."""
        return self._until_ns.get(number, now_ns) > now_ns

    def resting(self, now_ns: int) -> int:
        """How many numbers rest."""
        return sum([until_ns > now_ns for until_ns in self._until_ns.values()])

    def next_ns(self, now_ns: int) -> int | None:
        """The monotonic time at which the next rest ends; None: nothing rests."""
        return min([until_ns for until_ns in self._until_ns.values() if until_ns > now_ns], default=None)
