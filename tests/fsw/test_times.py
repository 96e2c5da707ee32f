"""Every time that leaves the node is UTC, whatever the other clock says: each field that holds one, by its name."""

import pytest

from link.dictionary.codec.record import Codec
from link.dictionary.kinds import Array, Group, Time
from link.pus.catalogue import reports_of
from link.pus.services import monitoring, scheduling, storage
from link.pus.services import test as test_service
from link.pus.source import TcSource
from link.time.leap_seconds import IERS_VALID_UNTIL_NS
from tests.fsw.pus.test_monitoring import limits
from tests.fsw.test_node import SECOND, World

UPTIME = 0x102


def declared(fields, path):
    """The names of all fields that hold a time."""
    for field in fields:
        kind = field.kind.of if isinstance(field.kind, Array) else field.kind
        if isinstance(kind, Time):
            yield f"{path}.{field.name}"
        elif isinstance(kind, Group):
            yield from declared(kind.fields, f"{path}.{field.name}")


def times(fields, values, path):
    """(name, value) of each of them in decoded values."""
    for field in fields:
        kind = field.kind.of if isinstance(field.kind, Array) else field.kind
        found = values[field.name] if isinstance(field.kind, Array) else [values[field.name]]
        for value in found:
            if isinstance(kind, Time):
                yield f"{path}.{field.name}", value
            elif isinstance(kind, Group):
                yield from times(kind.fields, value, f"{path}.{field.name}")


def of_services(report):
    fields = report.__fields__
    values = dict(zip([field.name for field in fields], Codec(fields).decode(report.encode()), strict=True))
    return times(fields, values, type(report).__name__)


@pytest.mark.requirement("FSW-TIM-003")
def test_every_time_that_leaves_the_node_is_utc(tmp_path):
    world = World(tmp_path)
    start_ns = world.clock.utc_ns()
    world.run(2)
    apid, ask = world.station.dictionary.apid, world.station.request
    ping = TcSource(apid, source=7).packet(test_service.Ping()).encode()
    check = limits(1, 1, low=0.0, low_event=0, high=4.0, high_event=0)
    check.parameter = UPTIME
    for request in [
        scheduling.insert_of(1, [(start_ns + 30 * SECOND, ping)]),
        scheduling.SummariseAll(),
        monitoring.AddDefinitions(definitions=[check]),
        monitoring.EnableDefinitions(definitions=[1]),
    ]:
        ask(request, type(request).__name__)
    world.station.command("imaging.capture", target="coast")
    world.station.command("dwell.peek", parameter="NodeStatus.uptime_s")
    world.run(8)
    ask(monitoring.ReportOutOfLimits(), "out of limits")
    world.station.command("files.list_products", first=1)
    world.station.command("dwell.peek", parameter="reporter.repeats")
    world.run(10)
    ask(storage.SummariseStores(stores=[]), "stores")
    world.run(3)

    dictionary = world.station.dictionary
    entries = {entry.name: entry.fields for entry in (*dictionary.reports, *dictionary.events)}
    wanted = {name for key, fields in entries.items() for name in declared(fields, key)}
    for service in dictionary.services:
        for form in reports_of(service).values():
            wanted |= set(declared(form.__fields__, form.__name__))
    found = [pair for report in world.station.reports for pair in of_services(report)]
    for sample in world.station.samples:
        found += times(entries[sample.name], sample.values, sample.name)
    for event in world.station.events:
        found += times(entries[event.name], event.values, event.name)
    wanted.remove("TimeReport.time")  # in packets of their own: comms/test_time_reports.py
    assert {name for name, _ in found} == wanted
    end_ns = world.clock.utc_ns() + 30 * SECOND
    wrong = [(name, value) for name, value in found if not start_ns <= value <= end_ns]
    until = "TimeStatus.leap_seconds_until", IERS_VALID_UNTIL_NS
    assert set(wrong) <= {("ProductStatus.first_pdu", 0), until}  # 0 says that there is none yet
