"""A node driven through telecommand packets: every service that it offers, in virtual time."""

import itertools

import pytest

from fsw.comms.services import OFFERED, ParameterCaution
from fsw.scrub.areas import watched
from ground.commands.tracker import RequestProgress
from kernels.coding.crc import crc16, crc32c
from link.dictionary.codec.record import Codec
from link.pus.services import (
    event_actions,
    events,
    functions,
    housekeeping,
    memory,
    monitoring,
    parameters,
    scheduling,
    storage,
)
from link.pus.services import test as test_service
from link.pus.services.functions import PerformFunction
from link.pus.services.parameters import ParameterTable
from link.pus.source import TcSource
from tests.fsw.apps.test_scrub import Cells
from tests.fsw.test_node import World

SECOND, MS = 1_000_000_000, 1_000_000
UPTIME, MISSED = 0x102, 0x104
REPEATS = 1
CAUTION = 0x40


@pytest.fixture
def world(tmp_path):
    made = World(tmp_path)
    made.run(3)
    return made


def ask(world, request, seconds=2):
    """The reports of one kind of answer that came down within some seconds, once the request was completed."""
    before = len(world.station.reports)
    tracked = world.station.request(request, type(request).__name__)
    world.run(seconds)
    assert tracked.progress is RequestProgress.COMPLETED, tracked.reason
    return world.station.reports[before:]


def refused(world, request):
    tracked = world.station.request(request, "refused")
    world.run(2)
    assert tracked.progress is RequestProgress.FAILED
    return tracked.reason


def of(reports, form):
    return [report for report in reports if isinstance(report, form)]


def ping(world):
    """A request's packet for the node, to be released later."""
    return TcSource(world.station.dictionary.apid, source=7, count=99).packet(test_service.Ping()).encode()


@pytest.mark.requirement("FSW-PUS-001")
def test_the_dictionary_says_what_is_offered(world):
    assert world.station.dictionary.services == OFFERED == (1, 3, 5, 6, 8, 9, 11, 12, 13, 14, 15, 17, 19, 20, 21, 23)


@pytest.mark.requirement("FSW-PUS-016")
def test_the_connection_with_this_application_process_is_tested_and_with_no_other(world):
    apid = world.station.dictionary.apid
    (tested,) = of(ask(world, test_service.TestConnection(apid=apid)), test_service.ConnectionTested)
    assert tested.apid == apid
    refused(world, test_service.TestConnection(apid=apid + 1))


@pytest.mark.requirement("FSW-PUS-003")
def test_a_structure_is_created_reported_and_deleted_by_command(world):
    table = ParameterTable.of(world.station.dictionary)
    create = housekeeping.CreateStructure(structure=200, interval=5, parameters=[UPTIME, REPEATS], groups=[])
    ask(world, create)
    reports = of(ask(world, housekeeping.EnablePeriodic(structures=[200]), 4), housekeeping.HousekeepingReport)
    values = [one.values for one in reports if one.structure == 200]
    fields = housekeeping.structure_of(200, create.parameters, table).fields
    assert [field.name for field in fields] == ["NodeStatus.uptime_s", "reporter.repeats"]
    uptimes = [Codec(fields).decode(octets)[0] for octets in values]
    assert len(uptimes) == pytest.approx(8, abs=1)  # twice a second
    assert uptimes == sorted(uptimes)
    assert "reported periodically" in refused(world, housekeeping.DeleteStructures(structures=[200]))
    ask(world, housekeeping.DisablePeriodic(structures=[200]))
    ask(world, housekeeping.DeleteStructures(structures=[200]))
    assert "no structure 200" in refused(world, housekeeping.ReportOnce(structures=[200]))


def test_what_apps_sample_is_reported_less_often_or_not_at_all(world):
    slower = housekeeping.StructureInterval(structure=1, interval=50)
    ask(world, housekeeping.ModifyIntervals(intervals=[slower]))
    before = len(world.station.named("NodeStatus"))
    world.run(20)
    assert len(world.station.named("NodeStatus")) - before == pytest.approx(4, abs=1)
    ask(world, housekeeping.DisablePeriodic(structures=[1]))
    before = len(world.station.named("NodeStatus"))
    world.run(20)
    assert len(world.station.named("NodeStatus")) == before
    ask(world, housekeeping.ReportOnce(structures=[1]))
    assert len(world.station.named("NodeStatus")) == before + 1
    (content,) = of(ask(world, housekeeping.ReportStructures(structures=[1])), housekeeping.StructureReport)
    assert (content.enabled, content.interval, content.parameters[:2]) == (False, 50, [0x100, 0x101])


@pytest.mark.requirement("FSW-PUS-006")
def test_events_are_silenced_by_command(world):
    delivered = next(one.id for one in world.station.dictionary.events if one.name == "ProductReady")
    ask(world, events.DisableEvents(events=[delivered]))
    (report,) = of(ask(world, events.ReportDisabled()), events.DisabledEvents)
    assert report.events == [delivered]
    world.station.command("imaging.capture", target="coast")
    assert world.run(20, lambda: any(event.name == "ProductDelivered" for event in world.station.events))
    assert not any(event.name == "ProductReady" for event in world.station.events)
    assert "no event 9999" in refused(world, events.EnableEvents(events=[9999]))


@pytest.mark.requirement("FSW-PUS-009")
def test_requests_are_released_at_their_time(world):
    def activity(seconds):
        return world.clock.utc_ns() + int(seconds * SECOND), ping(world)

    world.node.reporter.repeats = 0
    ask(world, scheduling.EnableSchedule())
    ask(world, scheduling.insert_of(1, [activity(10.25), activity(12)]))
    ask(world, scheduling.insert_of(2, [activity(9)]))
    (summary,) = of(ask(world, scheduling.SummariseAll()), scheduling.SummaryReport)
    assert [one.sub_schedule for one in summary.summaries] == [1, 2, 1]
    (first, *_) = summary.summaries
    ask(world, scheduling.DisableSubSchedules(sub_schedules=[2]))
    assert "less than" in refused(world, scheduling.insert_of(1, [activity(0.5)]))
    before = len(of(world.station.reports, test_service.Pong))
    while world.clock.utc_ns() < first.release - SECOND:
        world.run(1)
    assert world.run(3, lambda: len(of(world.station.reports, test_service.Pong)) > before)
    assert 0 <= world.clock.utc_ns() - first.release < 200 * MS
    world.run(10)
    assert len(of(world.station.reports, test_service.Pong)) - before == 2  # that of sub-schedule 2 was dropped


@pytest.mark.requirement("FSW-PUS-013")
def test_a_parameter_out_of_limits_raises_an_event_that_releases_a_request(world):
    limits = monitoring.MonitoringDefinition(
        number=1, parameter=UPTIME, validity_parameter=0, validity_mask=0, valid_value=0, interval=10, repetitions=1,
        check=monitoring.CheckType.LIMITS, mask=None, expected=None, unexpected_event=None,
        low=0.0, low_event=0, high=25.0, high_event=CAUTION, consecutive=None,
    )  # fmt: skip
    apid = world.station.dictionary.apid
    ask(world, event_actions.AddAction(apid=apid, event=CAUTION, request=ping(world)))
    ask(world, event_actions.EnableActions(events=[]))
    ask(world, event_actions.EnableActing())
    ask(world, monitoring.AddDefinitions(definitions=[limits]))
    ask(world, monitoring.EnableDefinitions(definitions=[1]))
    assert not of(world.station.reports, test_service.Pong)
    assert world.run(30, lambda: any(event.name == "ParameterCaution" for event in world.station.events))
    caution = next(event for event in world.station.events if event.name == "ParameterCaution")
    assert caution.values == {"definition": 1, "parameter": UPTIME, "value": 26.0, "crossed": 25.0}
    assert world.run(2, lambda: of(world.station.reports, test_service.Pong))
    assert of(world.station.reports, monitoring.CheckTransitions)[-1].transitions[0].now is monitoring.CheckStatus.HIGH
    again = type(limits).decode(limits.encode())
    again.number, again.high_event = 2, 1
    assert "event 1 is not one that checks raise" in refused(world, monitoring.AddDefinitions(definitions=[again]))


@pytest.mark.requirement("FSW-PUS-018")
def test_an_action_that_causes_its_own_event_does_not_hold_the_node(world):
    """A function that fails is an event each time; here it releases the function again."""
    apid, dictionary = world.station.dictionary.apid, world.station.dictionary
    started = next(one.id for one in dictionary.events if one.name == "ProductReady")
    function, octets = dictionary.encode_command("imaging.capture", {"target": "desert"})
    capture = TcSource(apid, source=7).packet(functions.PerformFunction(function=function, arguments=octets)).encode()
    ask(world, event_actions.AddAction(apid=apid, event=started, request=capture))
    ask(world, event_actions.EnableActions(events=[]))
    ask(world, event_actions.EnableActing())
    world.station.command("imaging.capture", target="desert")
    world.run(3)
    assert 5 < world.node.dispatcher.accepted - 4 < 30
    ask(world, event_actions.DisableActing())
    accepted = world.node.dispatcher.accepted
    world.run(3)
    assert world.node.dispatcher.accepted == accepted


@pytest.mark.requirement("FSW-PUS-017")
def test_a_reaction_needs_nobody_who_listens_and_what_waits_for_it_is_bounded(world):
    services = world.node.services
    add = event_actions.AddAction(apid=world.station.dictionary.apid, event=CAUTION, request=ping(world))
    acting = (19, add), (19, event_actions.EnableActions(events=[])), (19, event_actions.EnableActing())
    for service, request in ((5, events.DisableEvents(events=[CAUTION])), *acting):
        list(services.handlers()[service](request))
    caution = ParameterCaution(definition=1, parameter=1, value=1.0, crossed=0.0)
    assert [services.report_of(caution) for _ in range(70)] == [None] * 70
    assert list(services.drain_actions()) == []
    world.clock.advance(SECOND)
    assert (len(list(services.drain_actions())), services.releases_dropped) == (64, 6)


def test_a_structure_that_cannot_be_reported_any_more_is_reported(world):
    create = housekeeping.CreateStructure(structure=200, interval=5, parameters=[REPEATS], groups=[])
    ask(world, create)
    ask(world, housekeeping.EnablePeriodic(structures=[200]))
    world.node.reporter.repeats = -1
    world.run(3)
    told = [event.values for event in world.station.events if event.name == "StructureSetAside"]
    assert told == [{"structure": 200, "reason": told[0]["reason"]}]
    assert "repeats = -1" in told[0]["reason"]


@pytest.mark.requirement("FSW-PUS-019")
def test_parameters_are_read_and_set(world):
    table = ParameterTable.of(world.station.dictionary)
    ask(world, table.set_values({REPEATS: 1}))
    (report,) = of(ask(world, parameters.ReportValues(parameters=[REPEATS, UPTIME])), parameters.ParameterValues)
    values = dict(table.decode(report.count, report.values))
    assert values[REPEATS] == world.node.reporter.repeats == 1
    assert values[UPTIME] > 3
    assert "is measured" in refused(world, table.set_values({UPTIME: 1}))
    unknown = parameters.ReportValues(parameters=[REPEATS, 77])
    before = len(of(world.station.reports, parameters.ParameterValues))
    assert "instruction 2: no parameter 77" in refused(world, unknown)
    assert len(of(world.station.reports, parameters.ParameterValues)) > before  # the other one is reported


@pytest.mark.requirement("FSW-PUS-015")
def test_only_reports_of_chosen_types_go_down(world):
    apid, station = world.station.dictionary.apid, world.station
    everything = [storage.ProcessTypes(apid=apid, services=[])]
    ask(world, storage.DisableStorage(stores=[]))  # what is withheld is recorded otherwise, and comes by playback
    (report,) = of(ask(world, storage.ReportForwarding()), storage.ForwardingReport)
    assert report.processes == everything
    ask(world, storage.DeleteReportTypes(processes=everything))
    pings = [storage.ServiceTypes(service=17, subtypes=[])]
    ask(world, storage.AddReportTypes(processes=[storage.ProcessTypes(apid=apid, services=pings)]))
    before = len(station.named("NodeStatus"))
    assert of(ask(world, test_service.Ping()), test_service.Pong)
    station.command("imaging.capture", target="coast")
    assert not world.run(20, lambda: any(event.name == "ProductReady" for event in station.events))
    assert len(station.named("NodeStatus")) == before
    assert "no application process" in refused(
        world, storage.AddReportTypes(processes=[storage.ProcessTypes(apid=apid + 1, services=[])])
    )
    ask(world, storage.DeleteReportTypes(processes=[]))
    assert not of(ask(world, test_service.Ping()), test_service.Pong)
    (report,) = of(ask(world, storage.ReportForwarding()), storage.ForwardingReport)  # the ground is never left alone
    assert report.processes == []
    ask(world, storage.AddReportTypes(processes=everything))
    assert world.run(3, lambda: len(station.named("NodeStatus")) > before)


def test_memories_are_dumped_and_checked_and_a_change_is_reported(tmp_path):
    cells = Cells(bytes(range(200)))
    world = World(tmp_path, areas=[watched(16, "weights", cells)])
    world.run(3)
    ask(world, function(world, "scrub.list_areas"))
    (listed,) = world.station.named("AreaListed")
    assert (listed["memory"], listed["name"], listed["octets"]) == (16, "weights", 200)
    assert listed["checksum"] == crc32c(cells.octets)
    area = memory.Area(address=10, size=5)
    (dumped,) = of(ask(world, memory.DumpMemory(memory=16, areas=[area])), memory.DumpedMemory)
    assert dumped.areas[0].data == bytes([10, 11, 12, 13, 14])
    (checked,) = of(ask(world, memory.CheckMemory(memory=16, areas=[area])), memory.CheckedMemory)
    assert checked.areas[0].checksum == crc16(dumped.areas[0].data)
    load = memory.LoadMemory(memory=16, areas=[memory.FilledArea(address=0, data=b"a", checksum=crc16(b"a"))])
    assert "read only" in refused(world, load)
    assert "no memory 2" in refused(world, memory.CheckMemory(memory=2, areas=[]))
    cells.octets[7] ^= 64
    assert world.run(5, lambda: any(event.name == "AreaChanged" for event in world.station.events))
    assert world.run(5, lambda: world.station.named("ScrubStatus")[-1]["troubled"] == 1)


def test_the_parameters_are_checked_as_a_memory(world):
    table = ParameterTable.of(world.station.dictionary)
    whole = world.node.services.parameters.image()
    check = memory.CheckMemory(memory=1, areas=[memory.Area(address=0, size=len(whole))])
    (before,) = of(ask(world, check), memory.CheckedMemory)
    assert before.areas[0].checksum == crc16(whole)
    ask(world, table.set_values({REPEATS: 1}))
    after = of(ask(world, check), memory.CheckedMemory)  # the earlier one is sent again meanwhile
    changed = crc16(world.node.services.parameters.image())
    assert changed != crc16(whole)
    assert changed in {one.areas[0].checksum for one in after}


@pytest.mark.requirement("FSW-PUS-005")
def test_a_parameter_is_watched_by_name(world):
    watch = function(world, "dwell.watch", parameter="reporter.repeats", period_ms=100, samples=15)
    ask(world, watch, 5)
    samples = world.station.named("DwellSample")
    assert [sample["number"] for sample in samples] == list(range(15))
    assert {sample["value"] for sample in samples} == {3.0}
    taken = [sample["taken"] for sample in samples]
    assert {round((after - before) / MS) for before, after in itertools.pairwise(taken)} == {100}
    assert any(event.name == "DwellEnded" for event in world.station.events)
    misspelt = function(world, "dwell.peek", parameter="reporter.repeat")
    assert "did you mean reporter.repeats" in refused(world, misspelt)


def function(world, name, **arguments):
    """The request for an app's command."""
    number, octets = world.station.dictionary.encode_command(name, arguments)
    return PerformFunction(function=number, arguments=octets)


@pytest.mark.parametrize("service", [2, 13, 15, 23])
@pytest.mark.requirement("FSW-PUS-001")
def test_what_is_not_offered_is_refused(world, service):
    request = TcSource(world.station.dictionary.apid).packet(test_service.Ping())
    octets = type(request)(apid=request.apid, count=1, service=service, subtype=1).encode()
    world.node.dispatcher.handle(octets)
    assert world.node.dispatcher.rejected == 1
