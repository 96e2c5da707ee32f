"""The account of a recording as text for people."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from ground.recordings.output.packet_line import PROTOCOLS

_REASONS_MAX = 5
_NO_SPACECRAFT = "-"
_UNUSUAL = ("duplicates", "out_of_order", "restarts")


def summary_lines(account: Mapping[str, Any]) -> Iterator[str]:
    """The account that `skyrack decode --json` prints, as lines."""
    yield from account.get("notes", [])
    if account["frames"]:
        yield from _frame_lines(account["frames"])
    yield _sentence(
        f"{account['packets']} packets",
        {
            "idle": account["idle_packets"],
            "damaged": account["damaged_packets"],
            "no space packets": account["other_packets"],
            "octets skipped": account["octets_skipped"],
            "put together of segments": account["joined_packets"],
            "segments without the others": account["segments_left_out"],
        },
    )
    also = _also(account["sources"], (*_UNUSUAL, "segments"))
    yield from _table(
        ("spacecraft", "apid", "packets", "octets", "sizes", "gaps", "lost", *map(_word, also)),
        ([_spacecraft(row), row["apid"], row["packets"], row["octets"], _range(row), row["gaps"], row["lost"],
          *(row[name] for name in also)]
         for row in account["sources"]),
    )  # fmt: skip
    if "segments" in also and not account["joined_packets"]:
        yield "  segments are parts of longer packets: --join puts them together"
    yield from _table(
        ("encapsulation", "protocol", "packets"),
        ([PROTOCOLS.get(row["protocol"], "reserved"), row["protocol"], row["packets"]]
         for row in account["encapsulated"]),
    )  # fmt: skip
    yield from _table(
        ("kind", "packets", "seconds", "per second"),
        ([row["name"], row["packets"], _number(row["seconds"]), _number(row["rate_hz"])] for row in account["kinds"]),
    )
    for row in account["unread"][:_REASONS_MAX]:
        yield f"not read: {row['packets']} packets: {row['reason']}"
    for row in account["invalid"][:_REASONS_MAX]:
        yield f"invalid: {row['field']}, {row['values']} times: {row['reason']}"
    for path in account["written"]:
        yield f"written: {path}"


def _frame_lines(frames: Mapping[str, Any]) -> Iterator[str]:
    units = frames["units"] or {}
    yield _sentence(f"{frames['frames']} {frames['kind'].upper()} frames", {"bad": frames["bad"], **_words(units)})
    also = _also(frames["channels"], (*_UNUSUAL, "bits", "AD", "BD", "BC", "segments_dropped"))
    yield from _table(
        ("spacecraft", "channel", "frames", "idle", "gaps", "lost", *map(_word, also)),
        ([row["spacecraft_id"], row["vc"], row["frames"], row["idle"], row["gaps"], row["lost"],
          *(row[name] for name in also)]
         for row in frames["channels"]),
    )  # fmt: skip
    yield from _clcw_lines(frames)


def _clcw_lines(frames: Mapping[str, Any]) -> Iterator[str]:
    """Lines on CLCWs by channel, and the number of operational control fields that are not CLCWs."""
    flags = ("lockout", "wait", "retransmit", "no_rf", "no_bit_lock")
    yield from _table(
        ("spacecraft", "CLCW of channel", "reports", "last expects", "FARM-B", "flags"),
        ([row["spacecraft_id"], row["tc_channel"], row["reports"], row["expected"], row["farm_b"],
          ", ".join(_word(flag) for flag in flags if row[flag]) or "-"]
         for row in frames["clcws"]),
    )  # fmt: skip
    if frames["other_ocfs"]:
        yield f"  {frames['other_ocfs']} operational control fields are no CLCW"


def _also(rows: Iterable[Mapping[str, Any]], names: Sequence[str]) -> list[str]:
    """The names of rarely used columns that are not empty in all rows."""
    kept = list(rows)
    return [name for name in names if any(row.get(name) for row in kept)]


def _word(name: str) -> str:
    return name.replace("_", " ")


def _words(counters: Mapping[str, int]) -> dict[str, int]:
    return {_word(name): number for name, number in counters.items()}


def _sentence(begin: str, counters: Mapping[str, int]) -> str:
    """A sentence of `begin` and the counters that are not 0."""
    return ", ".join([begin, *(f"{number} {name}" for name, number in counters.items() if number)])


def _table(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    """Lines of a table with columns as wide as needed, aligned to the right; none without rows."""
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
