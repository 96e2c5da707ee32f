"""Services filled to what they take: what they report then goes into packets, and nothing of it is missing."""

from types import SimpleNamespace

import pytest

from fsw.pus.event_actions import EventActions
from fsw.pus.events import EventControl
from fsw.pus.forwarding import ForwardControl
from fsw.pus.housekeeping import HousekeepingStructures
from fsw.pus.monitoring import Monitor
from fsw.pus.paging import ITEM_OCTETS_MAX, pages
from fsw.pus.parameters import Parameters
from fsw.pus.scheduling import Schedule
from link.dictionary import Counted, Int8ub, Int16ub, Octets
from link.dictionary.kinds import Rest, Text
from link.dictionary.model import Field, ParameterEntry, ReportEntry
from link.pus.catalogue import read_report
from link.pus.packets import TM_DATA_MAX, TcPacket, TmPacket
from link.pus.services import event_actions, events, housekeeping, monitoring, parameters, scheduling, storage
from link.pus.services.parameters import ParameterTable
from link.pus.services.verification import FailureCode, RefusedError
from link.pus.source import TmSource
from tests.fsw.pus.test_monitoring import limits

START_NS, S = 1_700_000_000 * 10**9, 10**9


def received(reports):
    """The reports as the ground reads them, each out of its packet."""
    source = TmSource(7)
    return [read_report(TmPacket.decode(source.packet(report, START_NS))) for report in reports]


def packet(count, size=0):
    return TcPacket(apid=5, count=count, service=17, subtype=1, data=bytes(size)).encode()


def filled_schedule(size=0, count=256):
    schedule = Schedule()
    for number in range(count):
        activity = (START_NS + (count - number) * 10 * S, packet(number, size))
        list(schedule.handle(scheduling.insert_of(number, [activity]), START_NS))
    return schedule


@pytest.mark.parametrize("size", [0, 1000])
@pytest.mark.requirement("FSW-PUS-011")
def test_256_activities_are_summarised_and_reported(size):
    schedule = filled_schedule(size)
    summaries = received(schedule.handle(scheduling.SummariseAll(), START_NS))
    assert [one.request.count for report in summaries for one in report.summaries] == list(range(255, -1, -1))
    reports = received(schedule.handle(scheduling.ReportAll(), START_NS))
    assert sum(report.count for report in reports) == 256
    whole = b"".join(report.activities for report in reports)
    assert whole.index(packet(255, size)) < whole.index(packet(0, size))
    statuses = received(schedule.handle(scheduling.ReportSubSchedules(), START_NS))
    assert [one.sub_schedule for report in statuses for one in report.sub_schedules] == list(range(256))


def test_named_activities_are_reported_in_as_many_packets_as_it_takes():
    schedule = filled_schedule(1000, 200)
    references = [scheduling.RequestReference(source=0, apid=5, count=number) for number in range(200)]
    reports = received(schedule.handle(scheduling.ReportActivities(requests=references), START_NS))
    assert (len(reports), sum(report.count for report in reports)) == (4, 200)


def test_nothing_is_reported_in_one_empty_report():
    assert [report.summaries for report in received(Schedule().handle(scheduling.SummariseAll(), 0))] == [[]]


@pytest.mark.parametrize("size", [65_500, 65_510])
def test_a_request_that_no_report_could_hold_is_not_taken_into_the_schedule(size):
    schedule = Schedule()
    with pytest.raises(RefusedError, match="is too long"):
        list(schedule.handle(scheduling.insert_of(1, [(START_NS + 9 * S, packet(1, size))]), START_NS))
    actions = EventActions()
    with pytest.raises(RefusedError, match="is too long"):
        list(actions.handle(event_actions.AddAction(apid=5, event=1, request=packet(1, size))))


def test_the_longest_request_that_is_taken_is_reported():
    longest = packet(1, ITEM_OCTETS_MAX - len(packet(1)) - 9)
    schedule, actions = Schedule(), EventActions()
    list(schedule.handle(scheduling.insert_of(1, [(START_NS + 9 * S, longest)]), START_NS))
    (report,) = received(schedule.handle(scheduling.ReportAll(), START_NS))
    assert report.activities.endswith(longest)
    list(actions.handle(event_actions.AddAction(apid=5, event=1, request=longest)))
    asked = event_actions.ReportActions(events=[event_actions.EventReference(apid=5, event=1)])
    (report,) = received(actions.handle(asked))
    assert report.request == longest


def test_a_shift_beyond_what_a_time_can_say_is_refused():
    schedule = filled_schedule(count=1)

    def shift_for_ever():
        for _ in range(4000):
            list(schedule.handle(scheduling.ShiftAll(offset_ms=2**31 - 1), START_NS))

    with pytest.raises(RefusedError, match="later than a time can say"):
        shift_for_ever()
    assert received(schedule.handle(scheduling.SummariseAll(), START_NS))


def test_300_disabled_events_are_reported():
    control = EventControl(range(1, 301))
    for half in (range(1, 151), range(151, 301)):
        list(control.handle(events.DisableEvents(events=list(half))))
    reports = received(control.handle(events.ReportDisabled()))
    assert [event for report in reports for event in report.events] == list(range(1, 301))


def test_300_actions_are_reported():
    actions = EventActions(capacity=300)
    for number in range(300):
        list(actions.handle(event_actions.AddAction(apid=5, event=number, request=packet(number))))
    reports = received(actions.handle(event_actions.ReportActionStatuses()))
    assert [one.event.event for report in reports for one in report.statuses] == list(range(300))


@pytest.mark.requirement("FSW-PUS-022")
def test_300_checks_are_reported_and_so_is_what_they_found():
    monitor = Monitor(lambda number: 50.0, {11, 12}, capacity=300)
    for number in range(300):
        list(monitor.handle(monitoring.AddDefinitions(definitions=[limits(number, 1)]), 0))
        list(monitor.handle(monitoring.EnableDefinitions(definitions=[number]), 0))
    raised, transitions = monitor.step(10**9, START_NS)
    assert len(raised) == 300
    assert [one.number for report in received(transitions) for one in report.transitions] == list(range(300))
    out = received(monitor.handle(monitoring.ReportOutOfLimits(), 0))
    assert [one.number for report in out for one in report.transitions] == list(range(300))
    statuses = received(monitor.handle(monitoring.ReportStatuses(), 0))
    assert [one.number for report in statuses for one in report.statuses] == list(range(300))
    definitions = received(monitor.handle(monitoring.ReportDefinitions(definitions=[]), 0))
    assert [one.number for report in definitions for one in report.definitions] == list(range(300))


def test_what_is_forwarded_of_many_processes_is_reported_and_bounded():
    control = ForwardControl(set(range(2000)))
    for apid in range(300):
        types = [storage.ServiceTypes(service=3, subtypes=[25, 10]), storage.ServiceTypes(service=5, subtypes=[])]
        list(control.handle(storage.AddReportTypes(processes=[storage.ProcessTypes(apid=apid, services=types)])))
    reports = received(control.handle(storage.ReportForwarding()))
    assert [one.apid for report in reports for one in report.processes] == list(range(300))
    many = [storage.ServiceTypes(service=number, subtypes=list(range(1, 256))) for number in range(1, 2)]
    with pytest.raises(RefusedError, match="1024 report types can be chosen"):
        list(control.handle(storage.AddReportTypes(processes=[storage.ProcessTypes(apid=1, services=many)])))


def values_of(count, kind):
    """Service 20 over `count` parameters of one kind, and their owner."""
    entries = [
        ParameterEntry(id=n, name=f"app.p{n}", field=Field(name=f"p{n}", kind=kind)) for n in range(1, count + 1)
    ]
    owner = SimpleNamespace(**{f"p{n}": 1 for n in range(1, count + 1)})
    return Parameters(ParameterTable(entries), {"app": owner}), owner


def test_a_structure_takes_255_parameters_and_no_more():
    service, _ = values_of(300, Int8ub)
    keeper = HousekeepingStructures(service)
    first = list(range(1, 256))
    list(keeper.handle(housekeeping.CreateStructure(structure=7, interval=1, parameters=first, groups=[]), 0))
    (report,) = received(keeper.handle(housekeeping.ReportStructures(structures=[7]), 0))
    assert report.parameters == first
    append = housekeeping.AppendParameters(structure=7, parameters=[256], groups=[])
    with pytest.raises(RefusedError, match="256 parameters, a structure has 255"):
        list(keeper.handle(append, 0))
    (report,) = received(keeper.handle(housekeeping.ReportStructures(structures=[7]), 0))
    assert report.parameters == first


@pytest.mark.parametrize("kind", [Octets(300), Text(Counted(16)), Octets(Rest())])
def test_a_structure_whose_values_may_be_more_than_a_packet_is_refused(kind):
    service, _ = values_of(255, kind)
    create = housekeeping.CreateStructure(structure=7, interval=1, parameters=list(range(1, 256)), groups=[])
    with pytest.raises(RefusedError, match="more than a packet holds"):
        list(HousekeepingStructures(service).handle(create, 0))


def test_a_declared_structure_of_300_fields_says_what_it_is_made_of():
    fields = tuple(Field(name=f"f{number}", kind=Int8ub) for number in range(300))
    structure = ReportEntry(id=9, name="Wide", fields=fields)
    service = Parameters(ParameterTable(parameters.fields_of(structure)), {}, [structure])
    keeper = HousekeepingStructures(service)
    keeper.declare(structure)
    (report,) = received(keeper.handle(housekeeping.ReportStructures(structures=[9]), 0))
    assert report.parameters == [0x900 + number for number in range(255)]


@pytest.mark.requirement("FSW-PUS-022")
def test_values_are_reported_in_as_many_packets_as_it_takes():
    service, owner = values_of(255, Octets(Counted(16)))
    for number in range(1, 256):
        setattr(owner, f"p{number}", bytes([number]) * 1000)
    reports = received(service.handle(parameters.ReportValues(parameters=list(range(1, 256)))))
    pairs = [pair for report in reports for pair in service.table.decode(report.count, report.values)]
    assert pairs == [(number, bytes([number]) * 1000) for number in range(1, 256)]


@pytest.mark.parametrize("value", [-1, "text", None, bytes(70_000)])
def test_one_parameter_that_has_no_value_to_report_keeps_no_other_back(value):
    kind = Octets(Counted(24)) if isinstance(value, bytes) else Int8ub
    entries = [ParameterEntry(id=1, name="app.bad", field=Field(name="bad", kind=kind)),
               ParameterEntry(id=2, name="app.good", field=Field(name="good", kind=Int16ub))]  # fmt: skip
    service = Parameters(ParameterTable(entries), {"app": SimpleNamespace(bad=value, good=7)})
    found = []
    with pytest.raises(RefusedError, match="instruction 1: parameter 1") as caught:  # noqa: PT012  # what came counts
        for report in service.handle(parameters.ReportValues(parameters=[1, 2])):
            found.append(report)  # until it raises
    assert caught.value.code is FailureCode.EXECUTION_FAILED
    (report,) = received(found)
    assert list(service.table.decode(report.count, report.values)) == [(2, 7)]


def test_items_fill_packets_to_their_end():
    reports = list(
        pages([bytes(1000)] * 100, lambda page: scheduling.ActivitiesReport(count=len(page), activities=b"".join(page)))
    )
    assert [report.count for report in reports] == [65, 35]
    assert all(len(report.encode()) <= TM_DATA_MAX for report in reports)
