"""The counter of starts: a node that starts again and again begins in safe mode, whoever ends it."""

from dataclasses import dataclass, field


@dataclass(slots=True)
class BootLoop:
    """More than `starts_max` starts within `window_s` are a loop; 0: no number is. `starts` survive a restart."""

    starts_max: int
    window_s: float
    starts: list[float] = field(default_factory=list)

    def begin(self, age_s: float) -> bool:
        """Count a start at an age of the node, in seconds; returns whether it is one of a loop."""
        recent = [start_s for start_s in self.starts if start_s > age_s - self.window_s]
        self.starts = [*recent, age_s][-(self.starts_max + 1) :]
        return 0 < self.starts_max < len(self.starts)
