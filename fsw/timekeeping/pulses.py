"""Which edges of a pulse input are pulses of a second: those that come a second after another, again and again."""

from collections.abc import Iterable, Iterator

_NS = 1_000_000_000
_TOLERANCE_NS = 1_000_000  # of a second: the clock's drift, 500 ppm, and how late an edge is stamped
_TRUSTED_AFTER = 3  # seconds of the same rhythm
_LOST_AFTER_S = 60  # without a pulse the rhythm is sought anew


class PulseFilter:
    """Passes pulses of a steady rhythm. Counts `pulses` and, as `glitches`, the edges that were none."""

    def __init__(self) -> None:
        self.pulses = self.glitches = 0
        self._last_ns: int | None = None
        self._rhythm = 0

    @property
    def is_locked(self) -> bool:
        """Whether the rhythm is known."""
        return self._rhythm >= _TRUSTED_AFTER

    def accept(self, edges: Iterable[int]) -> Iterator[int]:
        """The monotonic times, of these, at which a second of UTC began."""
        for edge_ns in edges:
            if self._is_pulse(edge_ns):
                self.pulses += 1
                yield edge_ns

    def _is_pulse(self, edge_ns: int) -> bool:
        if self._last_ns is None:
            self._last_ns = edge_ns
            return False
        since_ns = edge_ns - self._last_ns
        seconds = round(since_ns / _NS)
        if seconds > _LOST_AFTER_S:
            self._last_ns, self._rhythm = edge_ns, 0
            return False
        if seconds < 1 or abs(since_ns - seconds * _NS) > seconds * _TOLERANCE_NS:
            self.glitches += 1
            if not self.is_locked:  # what was taken for the rhythm may have been the glitch
                self._last_ns, self._rhythm = edge_ns, 0
            return False
        self._last_ns, self._rhythm = edge_ns, self._rhythm + 1
        return self.is_locked
