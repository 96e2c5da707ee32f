"""Who fails again and again rests in between, twice as long each time: no failure runs at the rate of the loop."""

from dataclasses import dataclass, field


@dataclass(slots=True)
class _Streak:
    """Failures in a row, the last rest, and when it ends."""

    failures: int = 0
    rest_ns: int = 0
    until_ns: int = 0


@dataclass
class Backoff:
    """`patience` failures in a row are free; then a rest of `first_ns` begins, which doubles up to `longest_ns`."""

    patience: int = 8
    first_ns: int = 100_000_000
    longest_ns: int = 10_000_000_000
    _streaks: dict[str, _Streak] = field(default_factory=dict)

    def rests_until(self, name: str) -> int:
        """When `name` may try again; in the past for who does not rest."""
        streak = self._streaks.get(name)
        return streak.until_ns if streak else 0

    def failed(self, name: str, now_ns: int) -> int:
        """One more failure: how long the rest is that begins now, 0 while there is patience."""
        streak = self._streaks.setdefault(name, _Streak())
        streak.failures += 1
        if streak.failures < self.patience:
            return 0
        streak.rest_ns = min(2 * streak.rest_ns or self.first_ns, self.longest_ns)
        streak.until_ns = now_ns + streak.rest_ns
        return streak.rest_ns

    def succeeded(self, name: str) -> None:
        """The streak has ended."""
        self._streaks.pop(name, None)

    def failures(self, name: str) -> int:
        """How often `name` failed in a row."""
        streak = self._streaks.get(name)
        return streak.failures if streak else 0

    @property
    def resting(self) -> int:
        """How many rest, or try again after a rest."""
        return sum(streak.rest_ns > 0 for streak in self._streaks.values())
