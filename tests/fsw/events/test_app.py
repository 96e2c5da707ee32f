"""The app of quotas: commands, what the mission says, and what survives a restart."""

import pytest

from fsw.design import dictionary_of
from fsw.events.app import EventQuotas, EventsHeldBack, QuotasMisfit, QuotaStatus
from fsw.events.quotas import QUOTAS_MAX, Quota, Quotas
from fsw.executive.executive import StepFailed
from fsw.mission import load_mission
from fsw.store.records import Records
from ground.commands.tracker import RequestProgress
from kernels.usage import UsageError
from link.pus.services.verification import RefusedError
from tests.fsw.test_node import COASTWATCH, World
from tests.hal.recording_medium import RecordingMedium

S = 1_000_000_000
KNOWN = ("StepFailed", "NodeStarted", "EventsHeldBack", *(f"Event{number}" for number in range(QUOTAS_MAX)))
MISSION = """
[[quota]]
event = "StepFailed"
count = 1
period_s = 20
"""


@pytest.fixture
def medium():
    return RecordingMedium()


def app(tmp_path, medium, first=(), known=KNOWN):
    return EventQuotas(Quotas(), known, dict(first), Records(tmp_path / "memory", medium))


def test_without_quotas_nothing_is_due_or_told(tmp_path, medium):
    one = app(tmp_path, medium)
    assert (one.due_ns, list(one.step(0))) == (None, [])


def test_a_quota_is_told_and_so_is_what_it_held(tmp_path, medium):
    one = app(tmp_path, medium)
    one.limit("StepFailed", 1, 10.0)
    assert one.due_ns == 0
    assert list(one.step(0)) == [QuotaStatus(quotas=1, held=0)]
    assert [one.quotas.admit("StepFailed", S) for _ in range(3)] == [True, False, False]
    assert one.due_ns == 11 * S
    assert list(one.step(11 * S)) == [EventsHeldBack(event="StepFailed", held=2, period_s=10.0)]
    assert list(one.step(600 * S)) == [QuotaStatus(quotas=1, held=2)]


@pytest.mark.parametrize("event", ["StepFaild", "EventsHeldBack"])
def test_what_can_have_no_quota_is_refused(tmp_path, medium, event):
    one = app(tmp_path, medium)
    for ask in (lambda: one.limit(event, 1, 10.0), lambda: one.unlimit(event)):
        with pytest.raises(RefusedError, match=f"no event '{event}' that could have a quota"):
            ask()


def test_there_is_a_greatest_number_of_them(tmp_path, medium):
    one = app(tmp_path, medium, {"StepFailed": Quota(1, 20.0)})
    for number in range(QUOTAS_MAX - 1):
        one.limit(f"Event{number}", 1, 10.0)
    with pytest.raises(RefusedError, match="64 events have quotas, which is the maximum"):
        one.limit("NodeStarted", 1, 10.0)
    one.limit("StepFailed", 2, 10.0)  # it has one already
    assert app(tmp_path, medium).quotas.quotas["StepFailed"] == Quota(2, 10.0)


@pytest.mark.requirement("FSW-EVT-004")
def test_what_was_commanded_stands_over_the_mission_also_after_a_restart(tmp_path, medium):
    first = {"StepFailed": Quota(1, 20.0), "NodeStarted": Quota(3, 5.0)}
    one = app(tmp_path, medium, first)
    assert one.quotas.quotas == first
    one.limit("NodeStarted", 7, 10.0)
    one.unlimit("StepFailed")
    assert app(tmp_path, medium, first).quotas.quotas == {"NodeStarted": Quota(7, 10.0)}
    one.unlimit("NodeStarted")
    assert app(tmp_path, medium, {}).quotas.quotas == {}


def test_a_quota_of_an_event_that_there_is_no_more_is_told(tmp_path, medium):
    app(tmp_path, medium).limit("StepFailed", 1, 10.0)
    one = app(tmp_path, medium, known=["NodeStarted"])
    assert (one.due_ns, one.quotas.quotas) == (0, {})
    assert list(one.step(0)) == [QuotasMisfit(items=1)]
    assert list(one.step(0)) == []


def test_a_medium_that_fails_costs_the_next_start_only(tmp_path, medium):
    class Full(RecordingMedium):
        def write(self, path, octets):
            raise OSError("full")

        overwrite = append = write

    one = app(tmp_path, Full())
    one.limit("StepFailed", 1, 10.0)
    assert one.quotas.quotas == {"StepFailed": Quota(1, 10.0)}


@pytest.fixture
def mission(tmp_path):
    def write(more):
        path = tmp_path / "mission.toml"
        path.write_text(COASTWATCH.read_text().replace("../scenes", str(COASTWATCH.parents[1] / "scenes")) + more)
        return path

    return write


def test_a_mission_that_limits_what_it_does_not_have_is_refused(mission):
    with pytest.raises(UsageError, match=r"quota\[0\].event: no event 'StepFaild' that could .* StepFailed"):
        dictionary_of(load_mission(mission(MISSION.replace("StepFailed", "StepFaild"))))
    with pytest.raises(UsageError, match=r"quota\[1\].event: 'StepFailed' occurs twice, expected one quota an event"):
        load_mission(mission(MISSION * 2))


@pytest.mark.requirement("FSW-EVT-001")
def test_a_node_holds_events_back_and_tells_how_many(tmp_path, mission):
    world = World(tmp_path, mission=mission(MISSION), medium=RecordingMedium())
    world.run(2)
    tracked = world.station.command("eventquotas.limit", event="NodeStarted", count=0, period_s=5.0)
    assert world.run(5, lambda: tracked.is_over)
    assert tracked.progress is RequestProgress.COMPLETED
    for number in range(4):
        world.node.bus.publish(StepFailed(name="a", error=str(number)))
    world.run(25)
    errors = {event.values["error"] for event in world.station.events if event.name == "StepFailed"}
    assert errors == {"0"}
    held = [event.values for event in world.station.events if event.name == "EventsHeldBack"]
    assert held[0] == {"event": "StepFailed", "held": 3, "period_s": 20.0}
    assert world.station.named("QuotaStatus")[-1]["quotas"] == 2
