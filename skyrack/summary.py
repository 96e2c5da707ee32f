"""The account of a recording as text for people."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

_REASONS_MAX = 5
_NO_SPACECRAFT = "-"


def summary_lines(account: Mapping[str, Any]) -> Iterator[str]:
    """The account that `skyrack decode --json` prints, as lines."""
    if account["frames"]:
        yield from _frame_lines(account["frames"])
    yield _sentence(
        f"{account['packets']} packets",
        {
            "idle": account["idle_packets"],
            "damaged": account["damaged_packets"],
            "no space packets": account["other_packets"],
            "octets skipped": account["octets_skipped"],
        },
    )
    yield from _table(
        ("spacecraft", "apid", "packets", "octets", "sizes", "gaps", "lost"),
        ([_spacecraft(row), row["apid"], row["packets"], row["octets"], _range(row), row["gaps"], row["lost"]]
         for row in account["sources"]),
    )  # fmt: skip
    yield from _table(
        ("kind", "packets", "seconds", "per second"),
        ([row["name"], row["packets"], _number(row["seconds"]), _number(row["rate_hz"])] for row in account["kinds"]),
    )
    for row in account["unread"][:_REASONS_MAX]:
        yield f"not read: {row['packets']} packets: {row['reason']}"
    for path in account["written"]:
        yield f"written: {path}"


def _frame_lines(frames: Mapping[str, Any]) -> Iterator[str]:
    units = frames["units"] or {}
    yield _sentence(f"{frames['frames']} {frames['kind'].upper()} frames", {"bad": frames["bad"], **_words(units)})
    yield from _table(
        ("spacecraft", "channel", "frames", "idle", "gaps", "lost"),
        ([row["spacecraft_id"], row["vc"], row["frames"], row["idle"], row["gaps"], row["lost"]]
         for row in frames["channels"]),
    )  # fmt: skip


def _words(counters: Mapping[str, int]) -> dict[str, int]:
    return {name.replace("_", " "): number for name, number in counters.items()}


def _sentence(begin: str, counters: Mapping[str, int]) -> str:
    """What came, and how much of what went wrong, if any did."""
    return ", ".join([begin, *(f"{number} {name}" for name, number in counters.items() if number)])


def _table(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    """Columns as wide as they have to be, numbers to the right; nothing without rows."""
    cells = [[str(cell) for cell in row] for row in rows]
    if not cells:
        return
    widths = [max(map(len, column)) for column in zip(head, *cells, strict=True)]
    for row in [head, *cells]:
        line = "  ".join(f"{cell:>{width}}" for cell, width in zip(row, widths, strict=True))
        yield f"  {line}"


def _spacecraft(row: Mapping[str, Any]) -> str:
    return _NO_SPACECRAFT if row["spacecraft_id"] is None else str(row["spacecraft_id"])


def _range(row: Mapping[str, Any]) -> str:
    low, high = row["size_min"], row["size_max"]
    return str(low) if low == high else f"{low}..{high}"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.6g}"
