"""Sets of octets of a file: disjoint ranges, merged where they touch, so that memory grows only with the gaps."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator

Range = tuple[int, int]
"""Octets of a file from the first offset up to, not including, the second."""


class Intervals:
    """A set of octets as ranges from a start up to, not including, an end."""

    def __init__(self) -> None:
        self._starts: list[int] = []
        self._ends: list[int] = []
        self.total = 0

    def __len__(self) -> int:
        """Number of ranges; memory and time grow with it."""
        return len(self._starts)

    def __iter__(self) -> Iterator[Range]:
        return zip(self._starts, self._ends, strict=True)

    @property
    def end(self) -> int:
        """The end of the last range, 0 without any."""
        return self._ends[-1] if self._ends else 0

    def add(self, start: int, end: int) -> int:
        """Add a range; returns how many of its octets are new."""
        if self._ends and start == self._ends[-1] and start < end:  # in order: the common case
            self._ends[-1] = end
            self.total += end - start
            return end - start
        return self._merge(start, end)

    def discard(self, start: int, end: int) -> None:
        """Remove a range; octets of it that are not in the set are ignored."""
        if not self._starts or start >= end:
            return
        first, last = bisect_right(self._ends, start), bisect_left(self._starts, end)
        if first >= last:
            return
        inside = self._octets(first, last)
        left, right = (self._starts[first], start), (end, self._ends[last - 1])
        kept = [(low, high) for low, high in (left, right) if low < high]
        self._replace(first, last, kept)
        self.total += sum(high - low for low, high in kept) - inside

    def pop(self, size_max: int) -> Range:
        """Remove and return the first range, or its first `size_max` octets. Raises IndexError if the set is empty."""
        start, whole_end = self._starts[0], self._ends[0]
        end = min(whole_end, start + size_max)
        self._replace(0, 1, [(end, whole_end)] if end < whole_end else [])
        self.total -= end - start
        return start, end

    def clear(self) -> None:
        """Remove all ranges."""
        self._starts, self._ends, self.total = [], [], 0

    def gaps(self, start: int, end: int) -> Iterator[Range]:
        """The parts of a range that are not in the set, in order."""
        at = start
        for index in range(bisect_right(self._ends, start), len(self)):
            if self._starts[index] >= end:
                break
            if at < self._starts[index]:
                yield at, self._starts[index]
            at = self._ends[index]
        if at < end:
            yield at, end

    def touches(self, start: int, end: int) -> bool:
        """Whether `add` of this range would leave the number of ranges the same or smaller."""
        return bisect_left(self._ends, start) < bisect_right(self._starts, end)

    def _merge(self, start: int, end: int) -> int:
        if start >= end:
            return 0
        first, last = bisect_left(self._ends, start), bisect_right(self._starts, end)
        before = self._octets(first, last)
        if first < last:
            start, end = min(start, self._starts[first]), max(end, self._ends[last - 1])
        self._replace(first, last, [(start, end)])
        self.total += end - start - before
        return end - start - before

    def _octets(self, first: int, last: int) -> int:
        return sum(self._ends[first:last]) - sum(self._starts[first:last])

    def _replace(self, first: int, last: int, ranges: list[Range]) -> None:
        self._starts[first:last] = [start for start, _ in ranges]
        self._ends[first:last] = [end for _, end in ranges]
