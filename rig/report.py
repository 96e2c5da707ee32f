"""The figures of a run: the time from capture to answer and its parts, octets sent instead of seen, and energy.

Times on board and on the ground are compared as they are: on one machine they are of one clock, elsewhere the
difference of the two clocks is part of `queue` and `link`.
"""

from collections.abc import Iterable
from typing import Any

import msgspec

from ground.records import CommandRecord, FileRecord, SampleRecord, Status

PRODUCT_REPORT = "ProductStatus"  # the node's name for the report of a product under way
READY_EVENT = "ProductReady"  # the node's event with the number of files of a capture
_NS = 1e9
_VERDICTS = {True: "equals the independent computation", False: "WRONG", None: "is not judged"}


class Durations(msgspec.Struct, frozen=True, kw_only=True):
    """Seconds from capture to the whole answer on the ground: `total` and its three parts.

    `queue` is waiting on board, for the job and for the link; `link` is from the first octet sent to the last received.
    """

    compute: float
    queue: float
    link: float
    total: float


class Joules(msgspec.Struct, frozen=True, kw_only=True):
    """Energy of the whole board while it computed, always with its source: "measured" or "modelled"."""

    value: float
    source: str


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """One product: `differences` says in words what is wrong with it; `product_ok` is None where nobody judged it.

    `seen`: the share of its pixels that were data, None for a file that does not state it.
    """

    target: str
    file: str
    product_ok: bool | None
    differences: tuple[str, ...]
    capture_to_answer_s: Durations
    octets: dict[str, int]
    joules: Joules
    seen: float | None = None


def answer_of(
    target: str,
    file: FileRecord,
    report: SampleRecord,
    differences: Iterable[str] | None,
    seen: float | None = None,
) -> Answer:
    """The figures of a received product `file`; `report` is the node's report about it.

    `differences`: found by a judge; None where there is no judge. `seen`: the share of valid pixels that it states.
    """
    values, wrong = report.values, tuple(differences or ())
    return Answer(
        target=target,
        file=file.name,
        product_ok=None if differences is None else not wrong,
        differences=wrong,
        capture_to_answer_s=_durations(values, file.received_ns),
        octets={"raw": _number(values, "raw_octets"), "product": file.size_octets},
        joules=Joules(value=round(float(values["joules"] or 0), 6), source=str(values["power_source"])),
        seen=seen,
    )


def run_report(answers: list[Answer], commands: list[CommandRecord], status: Status) -> dict[str, Any]:
    """One object with stable keys; times, octets and joules at its top are those of the first answer, null without one.

    `product_ok` is false where one answer is wrong, and null where none was judged.
    """
    main, link = (answers[0] if answers else None), status.link
    judged = [answer.product_ok for answer in answers if answer.product_ok is not None]
    return {
        "product_ok": all(judged) if judged else None,
        "capture_to_answer_s": msgspec.to_builtins(main.capture_to_answer_s) if main else None,
        "octets": {**(main.octets if main else {}), "frames": link.octets_received},
        "commands": {
            "sent": len(commands),
            "verified": sum(command.state == "completed" for command in commands),
        },
        "frames": {
            "sent": link.frames_received - link.frames_twice + link.frames_lost,
            "corrected": link.frames_corrected,
            "lost": link.frames_lost,
        },
        "joules": msgspec.to_builtins(main.joules) if main else None,
        "answers": msgspec.to_builtins(answers),
    }


def report_lines(report: dict[str, Any]) -> list[str]:
    """The report as lines for a person."""
    frames, commands = report["frames"], report["commands"]
    lines = [line for answer in report["answers"] for line in _answer_lines(answer)]
    return [
        *lines,
        f"commands  {commands['sent']} sent, {commands['verified']} verified to completion",
        f"frames    {frames['sent']} sent, {frames['corrected']} corrected, {frames['lost']} lost; "
        f"{report['octets']['frames']} octets received in all",
    ]


def _answer_lines(answer: dict[str, Any]) -> list[str]:
    spent, octets, joules = answer["capture_to_answer_s"], answer["octets"], answer["joules"]
    return [
        f"{answer['target']:9} {answer['file']} {_VERDICTS[answer['product_ok']]}",
        *(f"{'':9} {difference}" for difference in answer["differences"]),
        *_seen_lines(answer["seen"]),
        f"{'':9} capture to answer {spent['total']:.2f} s: compute {spent['compute']:.3f}, queue {spent['queue']:.3f},"
        f" link {spent['link']:.2f}",
        f"{'':9} {octets['product']} octets instead of {octets['raw']} (1 : {_ratio(octets):.0f}),"
        f" {joules['value']:.3f} J {joules['source']}",
    ]


def _seen_lines(seen: float | None) -> list[str]:
    if seen is None or seen == 1:
        return []
    return [
        f"{'':9} " + (f"{seen:.1%} of its pixels are data" if seen else "no data: nothing is said of what is there")
    ]


def _ratio(octets: dict[str, int]) -> float:
    return octets["raw"] / max(1, octets["product"])


def _durations(values: dict[str, Any], received_ns: int) -> Durations:
    capture, start, end = (_number(values, name) for name in ("capture", "compute_start", "compute_end"))
    first = _number(values, "first_pdu")
    return Durations(
        compute=(end - start) / _NS,
        queue=(start - capture + first - end) / _NS,
        link=(received_ns - first) / _NS,
        total=(received_ns - capture) / _NS,
    )


def _number(values: dict[str, Any], name: str) -> int:
    return int(values[name])
