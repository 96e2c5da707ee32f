"""What was set by command, through restarts: nothing acknowledged is forgotten, nothing scheduled is done twice."""

from dataclasses import replace

import msgspec
import pytest

from fsw.pus import test
from fsw.pus.event_actions import ActionTable, EventActions, KeptAction
from fsw.pus.events import EventControl, EventSwitches
from fsw.pus.forwarding import ForwardControl, Forwarded
from fsw.pus.housekeeping import KeptStructure, StructureTable
from fsw.pus.monitoring import CheckTable
from fsw.pus.scheduling import KeptActivity, ScheduleTable
from ground.commands.tracker import RequestProgress
from link.pus.packets import AckFlags, TcPacket
from link.pus.services import event_actions, events, housekeeping, monitoring, parameters, scheduling, storage, time
from link.pus.services.parameters import ParameterTable
from link.pus.services.test import Ping
from link.pus.services.verification import CompletionFailure, FailureCode, RefusedError, StartFailure
from link.pus.source import TcSource
from tests.fsw.test_node import SECOND, World
from tests.fsw.test_node_memory import Mortal
from tests.hal.recording_medium import RecordingMedium

CAUTION, UPTIME, REPEATS = 0x40, 0x102, 1


def ping_packet(world, count=99):
    """A request that is to be released on board, and wants no report but its completion."""
    octets = TcSource(world.station.dictionary.apid, source=7, count=count).packet(Ping()).encode()
    return replace(TcPacket.decode(octets), acknowledge=AckFlags.COMPLETION).encode()


def check(number=5):
    return monitoring.MonitoringDefinition(
        number=number, parameter=UPTIME, validity_parameter=0, validity_mask=0, valid_value=0, interval=10,
        repetitions=1, check=monitoring.CheckType.LIMITS, mask=None, expected=None, unexpected_event=None,
        low=0.0, low_event=0, high=1e6, high_event=CAUTION, consecutive=None,
    )  # fmt: skip


def settings(world):
    """Requests that set something in every service that remembers."""
    table = ParameterTable.of(world.station.dictionary)
    apid, later = world.station.dictionary.apid, world.clock.utc_ns() + 1000 * SECOND
    yield housekeeping.CreateStructure(structure=300, interval=50, parameters=[UPTIME], groups=[])
    yield housekeeping.EnablePeriodic(structures=[300])
    yield housekeeping.ModifyIntervals(intervals=[housekeeping.StructureInterval(structure=2, interval=20)])
    yield events.DisableEvents(events=[CAUTION])
    yield scheduling.EnableSchedule()
    yield scheduling.insert_of(3, [(later, ping_packet(world))])
    yield monitoring.AddDefinitions(definitions=[check()])
    yield monitoring.EnableDefinitions(definitions=[5])
    yield event_actions.AddAction(apid=apid, event=CAUTION, request=ping_packet(world))
    yield event_actions.EnableActions(events=[])
    yield time.SetTimeReportRate(rate=8)
    yield storage.DeleteReportTypes(processes=[])
    yield storage.AddReportTypes(processes=[storage.ProcessTypes(apid=apid, services=[])])
    silent = [storage.ServiceTypes(service=6, subtypes=[]), storage.ServiceTypes(service=17, subtypes=[2])]
    yield storage.AddReportTypes(processes=[storage.ProcessTypes(apid=apid, services=silent)])
    yield parameters.SetValues.decode(table.set_values({REPEATS: 1}).encode())


def states(world):
    return {name: service.state for name, service in world.node.services._remembering.items()}


def settled(world, request, seconds=20):
    """How a request ended."""
    tracked = world.station.request(request, type(request).__name__)
    assert world.run(seconds, lambda: tracked.is_over)
    return tracked


@pytest.mark.requirement("FSW-RES-006")
def test_all_that_was_set_is_there_after_a_restart(tmp_path):
    world = World(tmp_path, medium=RecordingMedium())
    world.run(3)
    for request in settings(world):
        assert settled(world, request).progress is RequestProgress.COMPLETED
    before = states(world)
    assert all(state != type(state)() for state in before.values())
    world.boot()
    assert states(world) == before
    assert world.node.reporter.repeats == 1
    world.run(3)
    assert settled(world, events.ReportDisabled()).progress is RequestProgress.COMPLETED
    assert events.DisabledEvents(events=[CAUTION]) in world.station.reports
    tracked = world.station.command("services.restore_defaults")
    assert world.run(5, lambda: tracked.is_over)
    world.boot()
    assert world.node.reporter.repeats == 3
    assert "SettingsMisfit" not in [event.name for event in world.station.events]


@pytest.mark.requirement("FSW-RES-006")
def test_the_power_fails_at_every_call_of_a_setting(tmp_path):
    """What the ground was told is set, whatever the moment; what it was not told is set or not, never damaged."""
    found = []
    for call in range(1, 60):
        medium = RecordingMedium()
        world = Mortal(tmp_path, medium)
        world.run(1.5)
        world.die_at(call)
        tracked = world.station.request(events.DisableEvents(events=[CAUTION]), "disable")
        world.run(6)
        if not world.is_dead:
            break
        for left in (world.left[0], world.left[-1]):  # nothing that was not synced, and all of it
            world.revive(left)
            found.append(states(world)["event switches"].disabled)
            assert world.node.services.records.opened["memory of event switches"].damaged <= 1
            world.is_dead = True
        assert tracked.progress is not RequestProgress.COMPLETED
    assert call > 10
    assert set(found) == {(), (CAUTION,)}
    assert tracked.progress is RequestProgress.COMPLETED
    for left in world.after_cut():
        world.revive(left)
        assert states(world)["event switches"].disabled == (CAUTION,)


@pytest.fixture
def pings(monkeypatch):
    """When a ping was executed."""
    executed, answer = [], test.answer
    monkeypatch.setattr(test, "answer", lambda *request: (executed.append(None), answer(*request))[1])
    return executed


def cut_short(world):
    """The report of a scheduled ping that a restart cut short."""
    word = int.from_bytes(ping_packet(world)[:4])
    reason = "the node restarted before it ended; perhaps it was executed"
    return CompletionFailure(request=word, code=FailureCode.INTERRUPTED, reason=reason)


@pytest.mark.requirement("FSW-PUS-009")
def test_the_power_fails_at_every_call_of_a_release(tmp_path, pings):
    """A scheduled request is executed once or told as cut short, never twice, never forgotten."""
    ends = set()
    for call in range(1, 60):
        medium = RecordingMedium()
        world = Mortal(tmp_path, medium)
        world.run(1.5)
        assert settled(world, scheduling.EnableSchedule()).progress is RequestProgress.COMPLETED
        at_ns = world.clock.utc_ns() + 5 * SECOND
        inserted = settled(world, scheduling.insert_of(1, [(at_ns, ping_packet(world))]))
        assert inserted.progress is RequestProgress.COMPLETED
        world.run((at_ns - world.clock.utc_ns()) / SECOND - 0.01)
        before = len(pings)
        world.die_at(call)
        world.run(3)
        if not world.is_dead:
            break
        world.revive(world.left[0])
        world.run(20)
        times, told = len(pings) - before, world.station.reports.count(cut_short(world))
        assert times <= 1
        assert times or told
        ends.add((times, bool(told)))
    assert call > 4
    assert {times for times, _ in ends} == {0, 1}


@pytest.mark.requirement("FSW-PUS-010")
def test_what_was_late_is_told_and_not_executed(tmp_path, pings):
    world = World(tmp_path, medium=RecordingMedium())
    world.run(2)
    settled(world, scheduling.EnableSchedule())
    at_ns = world.clock.utc_ns() + 5 * SECOND
    settled(world, scheduling.insert_of(1, [(at_ns, ping_packet(world))]))
    world.clock.advance(30 * SECOND)
    world.boot()
    world.run(5)
    assert pings == []
    word = int.from_bytes(ping_packet(world)[:4])
    reason = "its time passed while the node was down, or when its clock was set"
    assert StartFailure(request=word, code=FailureCode.NOT_NOW, reason=reason) in world.station.reports


@pytest.mark.requirement("FSW-RES-005")
def test_what_fits_no_more_is_left_out_and_told(tmp_path):
    """Another software flies with the memory of an earlier one."""
    world = World(tmp_path, medium=RecordingMedium())
    world.run(2)
    settled(world, events.DisableEvents(events=[CAUTION]))
    record = world.node.services.records.opened["memory of event switches"]
    record.store(EventSwitches((CAUTION, 9999)))
    world.boot()
    world.run(3)
    misfits = [event.values for event in world.station.events if event.name == "SettingsMisfit"]
    assert misfits == [{"service": "event switches", "items": 1}]
    assert states(world)["event switches"] == EventSwitches((CAUTION,))


def test_structures_and_checks_that_fit_no_more_are_counted(tmp_path):
    world = World(tmp_path, medium=RecordingMedium())
    services = world.node.services
    odd = [
        KeptStructure(999, 5, True, True, ()),  # no app declares it
        KeptStructure(1, 5, True, False, (UPTIME,)),  # an app took its number
        KeptStructure(300, 5, True, False, (0xFFFE,)),  # of a parameter that there is no more
        KeptStructure(301, 5, True, False, (UPTIME,)),
    ]
    assert services.housekeeping.restore(StructureTable(tuple(odd))) == 3
    assert services.housekeeping.state.structures == (odd[3],)
    wrong = type(check())(*[99 if key == "high_event" else getattr(check(6), key) for key in keys_of(check())])
    assert services.monitor.restore(CheckTable(False, ((check().encode(), True), (wrong.encode(), False)))) == 1
    assert services.monitor.state == CheckTable(False, ((check().encode(), True),))


def test_what_cannot_be_read_costs_itself_alone(tmp_path):
    """What an earlier software kept in a form of its own: the node starts, with the rest."""
    world = World(tmp_path, medium=RecordingMedium())
    world.run(2)
    ping, records = ping_packet(world), world.node.services.records.opened
    torn, release_ns = ping[:-3], world.clock.utc_ns() + 1000 * SECOND
    good = KeptActivity(1, release_ns, ping)
    activities = (KeptActivity(1, release_ns, torn), good, KeptActivity(7, release_ns, ping))
    kept = KeptAction(1, 5, True, ping)
    tables = {
        "schedule": (ScheduleTable(False, activities, {1: True}), ScheduleTable(False, (good,), {1: True})),
        "checks": (
            CheckTable(True, ((b"?", True), (check().encode(), False))),
            CheckTable(True, ((check().encode(), False),)),
        ),
        "event actions": (ActionTable(True, (kept, KeptAction(1, 6, True, torn))), ActionTable(True, (kept,))),
    }
    for name, (table, _) in tables.items():
        records[f"memory of {name}"].store(table)
    world.boot()
    world.run(3)
    misfits = {
        event.values["service"]: event.values["items"]
        for event in world.station.events
        if event.name == "SettingsMisfit"
    }
    assert misfits == {"schedule": 2, "checks": 1, "event actions": 1}
    assert {name: states(world)[name] for name in tables} == {name: left for name, (_, left) in tables.items()}


def keys_of(record):
    return [field.name for field in type(record).__fields__]


def test_too_many_octets_of_actions_are_refused(monkeypatch):
    monkeypatch.setattr(EventActions, "OCTETS_MAX", 30)
    actions, packet = EventActions(), TcPacket(apid=5, count=1, service=17, subtype=1, source=3).encode()
    for event in (1, 2):
        list(actions.handle(event_actions.AddAction(apid=5, event=event, request=packet)))
    with pytest.raises(RefusedError, match=f"{2 * len(packet)} octets of requests are kept, this one does not fit"):
        list(actions.handle(event_actions.AddAction(apid=5, event=3, request=packet)))
    list(actions.handle(event_actions.AddAction(apid=5, event=2, request=packet)))
    assert actions.state == ActionTable(False, (KeptAction(5, 1, False, packet), KeptAction(5, 2, False, packet)))


@pytest.mark.requirement("FSW-PUS-022")
def test_the_states_of_a_full_service_fit_into_their_records():
    control = EventControl(range(1 << 12))
    list(control.handle(events.DisableEvents(events=list(range(255)))))
    control.restore(EventSwitches(tuple(range(1 << 12))))
    assert len(msgspec.msgpack.encode(control.state)) <= EventControl.STATE_OCTETS_MAX
    forwarding = ForwardControl({2047})
    forwarding.restore(Forwarded(tuple((2047, 255, subtype) for subtype in range(1024))))
    assert len(msgspec.msgpack.encode(forwarding.state)) <= ForwardControl.STATE_OCTETS_MAX
