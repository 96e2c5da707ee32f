"""Reference pages in Markdown, made from a dictionary, for the operators of a node."""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from link.dictionary.curves import Curve, Linear, Polynomial, Rounded, Spline
from link.dictionary.dictionary import Dictionary
from link.dictionary.domain import expected
from link.dictionary.kinds import (
    AnyKind,
    Array,
    Boolean,
    Counted,
    Enumeration,
    Field,
    Group,
    Integer,
    Octets,
    Real,
    Reference,
    Rest,
    Size,
    Terminated,
    Text,
    Time,
)
from link.dictionary.limits import Limits
from link.dictionary.model import CommandEntry, EventEntry, ParameterEntry, ReportEntry

_Row = tuple[str, ...]


class Asked(NamedTuple):
    """A request of a PUS service: its name, its type as "3,5", its description and its arguments."""

    name: str
    type: str
    text: str
    fields: tuple[Field, ...]


def reference_page(dictionary: Dictionary, requests: Iterable[Asked] = ()) -> str:
    """All reports, events, commands, parameters and service requests of a node. Equal arguments give equal pages."""
    return "\n".join(_page(dictionary, requests)).rstrip() + "\n"


def _page(dictionary: Dictionary, requests: Iterable[Asked]) -> Iterator[str]:
    yield f"# {dictionary.node}: dictionary"
    yield f"\nVersion `{dictionary.version}`, APID {dictionary.apid}. Written by `skyrack dictionary export`."
    yield from _section("Reports", "Housekeeping structures, TM[3,25].", map(_report, dictionary.reports))
    yield from _section("Events", "TM[5,1] to TM[5,4] by severity.", map(_event, dictionary.events))
    yield from _section("Commands", "Functions, TC[8,1].", map(_command, dictionary.commands))
    if dictionary.parameters:
        yield "\n## Parameters\n\nRead and set by service 20.\n"
        yield from _table(("id", "name", "may be", "at start", "meaning"), map(_parameter, dictionary.parameters))
    yield from _section("Services", "Requests of the PUS services that the node offers.", map(_request, requests))


def _section(title: str, about: str, entries: Iterable[Iterable[str]]) -> Iterator[str]:
    lines = [line for entry in entries for line in entry]
    if lines:
        yield f"\n## {title}\n\n{about}"
        yield from lines


def _report(report: ReportEntry) -> Iterator[str]:
    yield f"\n### {report.name} ({report.id:#x})\n"
    yield from _paragraph(report.text)
    yield from _table(("field", "written as", "unit", "value", "limits", "meaning"), map(_telemetry_row, report.fields))


def _event(event: EventEntry) -> Iterator[str]:
    yield f"\n### {event.name} ({event.id:#x}), {event.severity}\n"
    yield from _paragraph(event.text)
    yield from _table(("field", "written as", "unit", "meaning"), map(_short_row, event.fields))


def _command(command: CommandEntry) -> Iterator[str]:
    yield f"\n### {command.name} ({command.id:#x}){', hazardous' if command.hazardous else ''}\n"
    yield from _paragraph(command.text)
    if command.constraint:
        yield f"Sent only while {command.constraint}.\n"
    yield from _arguments(command.fields)


def _request(request: Asked) -> Iterator[str]:
    yield f"\n### {request.name} (TC[{request.type}])\n"
    yield from _paragraph(request.text)
    yield from _arguments(request.fields)


def _arguments(fields: tuple[Field, ...]) -> Iterator[str]:
    yield from _table(("argument", "written as", "may be", "if left out", "meaning"), map(_argument_row, fields))


def _paragraph(text: str) -> Iterator[str]:
    if text:
        yield text + "\n"


def _table(head: _Row, rows: Iterable[_Row]) -> Iterator[str]:
    """A Markdown table without its empty columns; no lines for no rows."""
    kept = list(rows)
    filled = [n for n in range(len(head)) if n == 0 or any(row[n] for row in kept)]
    if kept:
        yield _line([head[n] for n in filled])
        yield _line(["---"] * len(filled))
        yield from (_line([row[n] for n in filled]) for row in kept)


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"


def _telemetry_row(field: Field) -> _Row:
    return (field.name, _written(field), field.unit, _curve(field.calibration), _limits(field.limits), _meaning(field))


def _short_row(field: Field) -> _Row:
    return (field.name, _written(field), field.unit, _meaning(field))


def _argument_row(field: Field) -> _Row:
    return (field.name, _written(field), expected(field), _default(field), _meaning(field))


def _parameter(entry: ParameterEntry) -> _Row:
    return (f"{entry.id:#x}", entry.name, expected(entry.field), _default(entry.field), entry.text)


def _default(field: Field) -> str:
    return "" if field.default is None else str(field.default)


def _meaning(field: Field) -> str:
    extras = [f"there when {field.when}" if field.when else "", f"valid while {field.valid}" if field.valid else ""]
    return "; ".join(filter(None, (field.text, *extras)))


def _written(field: Field) -> str:
    spare = f"after {field.skip_bits} spare bits, " if field.skip_bits > 0 else ""
    return spare + wire_form(field.kind)


def wire_form(kind: AnyKind) -> str:
    """A kind in words: "uint16", "float32, little-endian", "text of 16 octets"."""
    match kind:
        case Integer(bits=bits, signed=signed, order=order):
            return f"{'int' if signed else 'uint'}{bits}{_order(order)}"
        case Real(bits=bits, order=order):
            return f"float{bits}{_order(order)}"
        case Boolean(bits=bits):
            return f"bool of {bits} bits"
        case Enumeration(bits=bits, labels=labels):
            return f"enum{bits}: " + ", ".join(f"{value} {label}" for label, value in labels.items())
        case Text(size=size):
            return f"text of {_size(size, 'octets')}"
        case Octets(size=size):
            return _size(size, "octets")
        case Time(coarse=coarse, fine=fine):
            return f"CUC time, {coarse} + {fine} octets"
        case Array(of=of, count=count):
            return f"{_size(count, 'values')}, each {wire_form(of)}"
        case Group(fields=fields):  # pragma: no branch  # nothing else is left
            return "; ".join(f"{one.name}: {_written(one)}" for one in fields)


def _order(order: str) -> str:
    return {"big": "", "little": ", little-endian"}.get(order, f", octets in order {order}")


def _size(size: Size, unit: str) -> str:
    match size:
        case int():
            return f"{size} {unit}"
        case Counted(bits=bits, greatest=greatest):
            return f"up to {greatest} {unit}, counted in {bits} bits"
        case Rest():
            return f"the remaining {unit}"
        case Reference(field=field):
            return f"as many {unit} as {field} says"
        case Terminated(octet=octet):
            return f"{unit} up to a {octet:#04x}"
    return f"as many {unit} as conditions say"


def _curve(curve: Curve | None) -> str:
    match curve:
        case Linear(scale=scale, offset=offset):
            return "" if (scale, offset) == (1, 0) else f"{scale:g} raw" + (f" {offset:+g}" if offset else "")
        case Polynomial(coefficients=coefficients):
            return " + ".join(f"{c:g} raw^{n}" for n, c in enumerate(coefficients) if c)
        case Spline(points=points):
            return "through " + ", ".join(f"{raw:g} → {value:g}" for raw, value in points)
        case Rounded(of=inner):
            return f"{_curve(inner)}, rounded"
    return ""


def _limits(limits: Limits | None) -> str:
    if limits is None:
        return ""
    bands = {name: getattr(limits, name) for name in ("watch", "warning", "distress", "critical")}
    said = ", ".join(f"{name} {band[0]:g}..{band[1]:g}" for name, band in bands.items() if band)
    return said + (f" ({limits.persistence} in a row)" if limits.persistence > 1 else "")
