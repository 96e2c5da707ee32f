"""One parameter over time, decoded from the archive's packets, each with the dictionary of its time."""

from collections.abc import Iterator
from typing import NamedTuple

from ground.archive.archive import Archive
from ground.archive.dictionaries import stored_dictionary
from ground.archive.known import Known
from ground.archive.reading import read_packet
from ground.archive.rows import PacketRow
from ground.records import History, JsonValue, plain
from kernels.usage import did_you_mean
from link.dictionary import Dictionary, Sample
from link.dictionary.model import ReportEntry
from link.errors import DecodeError
from link.pus.services.housekeeping import HousekeepingReport


class _Point(NamedTuple):
    time_ns: int
    received_ns: int
    value: JsonValue


def history(
    archive: Archive | Known, dictionary: Dictionary, parameter: str, *, since_ns: int = 0, limit: int = 1000
) -> History:
    """The newest `limit` values of `parameter`, "report.field", made on board since. Raises ValueError.

    Samples without the parameter, or whose dictionary is not in the archive, are left out.
    """
    entry, field = _find(dictionary, parameter)
    kind = dictionary.apid, HousekeepingReport.__service__, HousekeepingReport.__subtype__, entry.id
    rows = archive.packets(kind, start_ns=since_ns, limit=limit)
    points = list(_points(archive, rows, field))
    return History(
        parameter=parameter,
        unit=next(one.unit for one in entry.fields if one.name == field),
        time_ns=tuple(point.time_ns for point in points),
        received_ns=tuple(point.received_ns for point in points),
        values=tuple(point.value for point in points),
    )


def _find(dictionary: Dictionary, parameter: str) -> tuple[ReportEntry, str]:
    report, _, field = parameter.partition(".")
    for entry in dictionary.reports:
        if entry.name == report and field in (one.name for one in entry.fields):
            return entry, field
    known = [f"{entry.name}.{field.name}" for entry in dictionary.reports for field in entry.fields]
    near = did_you_mean(parameter, known) or f"; `skyrack dictionary show` lists all {len(known)} among the reports"
    raise ValueError(f"no parameter is called {parameter}{near}")


def _points(archive: Archive | Known, rows: list[PacketRow], field: str) -> Iterator[_Point]:
    dictionaries = {version: stored_dictionary(archive, version) for version in {row.dictionary for row in rows}}
    for row in rows:
        sample = _sample(row, dictionaries[row.dictionary])
        if sample and field in sample.values:
            yield _Point(row.time_ns, row.received_ns, plain(sample.known[field]))


def _sample(row: PacketRow, dictionary: Dictionary | None) -> Sample | None:
    """The row's sample; None where its dictionary is not in the archive or does not fit the packet."""
    try:
        content = read_packet(row.octets).content(dictionary) if dictionary else None
    except DecodeError:
        return None
    return content if isinstance(content, Sample) else None
