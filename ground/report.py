"""The figures of a run: how long from capture to answer and why, what went down instead of what was seen, at what cost.

Times on board and on the ground are compared as they are: on one machine they are one clock, elsewhere the two clocks'
difference is part of `queue` and `link`.
"""

from collections.abc import Iterable
from typing import Any

import msgspec

from ground.records import CommandRecord, FileRecord, SampleRecord, Status

PRODUCT_REPORT = "ProductStatus"  # what a node calls the report of a product under way
_NS = 1e9


class Durations(msgspec.Struct, frozen=True, kw_only=True):
    """Seconds from capture to the whole answer on the ground: `total` and its three parts.

    `queue` is waiting on board, for the job and for the link; `link` is from the first octet down to the last one here.
    """

    compute: float
    queue: float
    link: float
    total: float


class Joules(msgspec.Struct, frozen=True, kw_only=True):
    """Energy of the whole board while it computed, never without its source: "measured" or "modelled"."""

    value: float
    source: str


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """One product: `differences` says in words what is wrong with it."""

    target: str
    file: str
    product_ok: bool
    differences: tuple[str, ...]
    capture_to_answer_s: Durations
    octets: dict[str, int]
    joules: Joules


def answer_of(target: str, file: FileRecord, told: SampleRecord, differences: Iterable[str]) -> Answer:
    """What is known of a received product `file`, of which its node `told` the history."""
    values, wrong = told.values, tuple(differences)
    return Answer(
        target=target,
        file=file.name,
        product_ok=not wrong,
        differences=wrong,
        capture_to_answer_s=_durations(values, file.received_ns),
        octets={"raw": _number(values, "raw_octets"), "product": file.size_octets},
        joules=Joules(value=round(float(values["joules"] or 0), 6), source=str(values["power_source"])),
    )


def run_report(answers: list[Answer], commands: list[CommandRecord], status: Status) -> dict[str, Any]:
    """One object with stable keys; times, octets and joules at its top are those of the first answer."""
    main, link = answers[0], status.link
    return {
        "product_ok": all(answer.product_ok for answer in answers),
        "capture_to_answer_s": msgspec.to_builtins(main.capture_to_answer_s),
        "octets": {**main.octets, "frames": link.octets_received},
        "commands": {
            "sent": len(commands),
            "verified": sum(command.state == "completed" for command in commands),
        },
        "frames": {
            "sent": link.frames_received + link.frames_lost,
            "corrected": link.frames_corrected,
            "lost": link.frames_lost,
        },
        "joules": msgspec.to_builtins(main.joules),
        "answers": msgspec.to_builtins(answers),
    }


def report_lines(report: dict[str, Any]) -> list[str]:
    """The report as a person reads it."""
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
    verdict = "equals the independent computation" if answer["product_ok"] else "WRONG"
    return [
        f"{answer['target']:9} {answer['file']} {verdict}",
        *(f"{'':9} {difference}" for difference in answer["differences"]),
        f"{'':9} capture to answer {spent['total']:.2f} s: compute {spent['compute']:.3f}, queue {spent['queue']:.3f},"
        f" link {spent['link']:.2f}",
        f"{'':9} {octets['product']} octets instead of {octets['raw']} (1 : {octets['raw'] / octets['product']:.0f}),"
        f" {joules['value']:.3f} J {joules['source']}",
    ]


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
