"""Backoff: what fails again and again rests in between, twice as long each time, so that no failure fills the loop."""

from dataclasses import dataclass, field


@dataclass(slots=True)
class _Streak:
    """The failures of one name: `weight` of those not yet forgiven at `since_ns`, their number, and the last rest."""

    weight: float = 0.0
    since_ns: int = 0
    failures: int = 0
    rest_ns: int = 0
    until_ns: int = 0


@dataclass
class Backoff:
    """`patience` failures are free; then a rest of `first_ns` begins, and one after each failure, each doubled up to
    `longest_ns`. Each `forgiven_ns` outside of rests forgives one failure, so that one success does not end the count.

    `streaks` holds who has failures that are not forgiven; while it is empty, nothing rests, and no success counts.
    """

    patience: int = 8
    first_ns: int = 100_000_000
    longest_ns: int = 10_000_000_000
    forgiven_ns: int = 2_000_000_000
    streaks: dict[str, _Streak] = field(default_factory=dict)

    def rests_until(self, name: str) -> int:
        """The monotonic time at which `name` may try again; in the past for a name that does not rest."""
        streak = self.streaks.get(name)
        return streak.until_ns if streak else 0

    def failed(self, name: str, now_ns: int) -> int:
        """Count one more failure; returns the length of the rest that begins now, 0 while failures are free."""
        self.succeeded(name, now_ns)
        streak = self.streaks.setdefault(name, _Streak(since_ns=now_ns))
        streak.failures += 1
        streak.weight = min(streak.weight + 1, self.patience)
        if streak.weight <= self.patience - 1:
            return 0
        streak.rest_ns = min(2 * streak.rest_ns or self.first_ns, self.longest_ns)
        streak.until_ns = streak.since_ns = now_ns + streak.rest_ns
        return streak.rest_ns

    def succeeded(self, name: str, now_ns: int) -> None:
        """Note a time without failure: forgive one failure for each `forgiven_ns` that passed."""
        streak = self.streaks.get(name)
        if streak is None:
            return
        streak.weight -= max(0, now_ns - streak.since_ns) / self.forgiven_ns
        streak.since_ns = max(now_ns, streak.since_ns)
        if streak.weight <= 0:
            del self.streaks[name]

    def failures(self, name: str) -> int:
        """How often `name` failed since all its failures were last forgiven."""
        streak = self.streaks.get(name)
        return streak.failures if streak else 0

    @property
    def resting(self) -> int:
        """How many names rest, or have failures since a rest that are not forgiven."""
        return sum([streak.rest_ns > 0 for streak in self.streaks.values()])
