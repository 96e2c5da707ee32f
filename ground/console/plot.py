"""A plot of one parameter over time for a terminal, with bars drawn in eighths of a character cell."""

from collections.abc import Sequence

from ground.console.lines import clock, value_text
from ground.records import History
from kernels.usage import UsageError

_EIGHTHS = " ▁▂▃▄▅▆▇█"
_GAP = float("nan")


def plot(found: History, *, columns: int = 72, rows: int = 8) -> list[str]:
    """Lines of text: the mean value in each of `columns` equal spans of time, scaled from the least to the greatest.

    Raises UsageError for values that are not numbers, and for a history without values.
    """
    points = [(time_ns, value) for time_ns, value in zip(found.time_ns, found.values, strict=True) if value is not None]
    if not points:
        raise UsageError(f"{found.parameter}: no values yet")
    numbers = [(time_ns, float(value)) for time_ns, value in points if isinstance(value, int | float)]
    if len(numbers) < len(points):
        raise UsageError(f"{found.parameter} = {points[-1][1]!r}, only numbers can be plotted")
    means = _means(numbers, columns)
    there = [mean for mean in means if mean == mean]
    low, high = min(there), max(there)
    labels = {rows - 1: value_text(low, found.unit)} | ({0: value_text(high, found.unit)} if high > low else {})
    width = max(map(len, labels.values()))
    bars = [_bar(mean, low, high, 8 * rows) for mean in means]
    lines = [f"{labels.get(row, ''):>{width}} {_row(bars, 8 * (rows - 1 - row))}" for row in range(rows)]
    first, last = clock(numbers[0][0]), clock(numbers[-1][0])
    return [found.parameter, *lines, f"{'':{width}} {first}{last:>{max(columns - len(first), len(last) + 1)}}"]


def _means(points: Sequence[tuple[int, float]], columns: int) -> list[float]:
    """The mean of the values in each span of time; NaN for a span without values."""
    first_ns, last_ns = points[0][0], points[-1][0]
    span_ns = max(1, last_ns - first_ns + 1)
    spans: list[list[float]] = [[] for _ in range(columns)]
    for time_ns, value in points:
        spans[(time_ns - first_ns) * columns // span_ns].append(value)
    return [sum(values) / len(values) if values else _GAP for values in spans]


def _bar(mean: float, low: float, high: float, eighths: int) -> int:
    """A bar's height in eighths of a row: 1 for the least value, so that it is visible; 0 for a gap."""
    if mean != mean:
        return 0
    return 1 + round((mean - low) / (high - low) * (eighths - 1)) if high > low else eighths // 2


def _row(bars: Sequence[int], floor: int) -> str:
    return "".join(_EIGHTHS[min(max(bar - floor, 0), 8)] for bar in bars).rstrip()
