"""One item, app or duty may fail alone: it is counted and reported, everything else goes on, also after a restart."""

import pytest

from fsw.store.crash_log import CrashLog
from ground.commands.tracker import RequestProgress
from hal.linux.board import MeasuredBoard, Rail
from hal.port import PortClosed
from link.cfdp import Entity, MemoryStore, Settings
from link.packets.space_packet import SpacePacket
from link.pus.packets import TcPacket
from link.pus.services.test import Ping, Pong
from link.pus.services.verification import CompletionSuccess
from tests.fsw.test_node import BOARD, COASTWATCH, PROVENANCE, SECOND, World

APP = '''
import sys
from collections.abc import Iterator
from dataclasses import dataclass

from fsw.executive.app import App, AppReport
from link.dictionary import Event, Int8ub, Int32ub, Telemetry, command, wire


class CaseStatus(Telemetry, id=0x71):
    degc: int = wire(Int8ub)


class CaseHappened(Event, id=0x172):
    """Number {n}."""

    n: int = wire(Int32ub)


@dataclass
class Case(App, period_ms=20, budget_ms=5):
    @command(opcode=0x173)
    def poke(self, degc: int = 20) -> Iterator[AppReport]:
        """Tell a temperature."""
        yield CaseStatus(degc=degc)

    def step(self, now_ns: int) -> Iterator[AppReport]:
'''
BAD_VALUE = "        yield CaseStatus(degc=-1)\n"
FLOOD = "        yield from [CaseHappened(n=n) for n in range(30)]\n"
FLOOD_OF_SAMPLES = "        yield from [CaseStatus(degc=n) for n in range(30)]\n"
LEAVES = '        sys.exit("no licence")\n        yield\n'


def mission_with(folder, body):
    """The path of a mission with an app whose step does `body`."""
    (folder / "case.py").write_text(APP + body)
    text = COASTWATCH.read_text().replace("../scenes/", f"{COASTWATCH.parents[1]}/scenes/")
    path = folder / "mission.toml"
    path.write_text(text.replace('# apps = ["../hello.py"]', 'apps = ["case.py"]'))
    return path


def told(world, name):
    return [event.values for event in world.station.events if event.name == name]


def uptimes_are_whole(world):
    uptimes = [status["uptime_s"] for status in world.station.named("NodeStatus")]
    return uptimes == list(range(uptimes[0], uptimes[0] + len(uptimes)))


@pytest.mark.requirement("FSW-EXE-011")
def test_a_value_that_does_not_fit_is_told_once_and_a_command_that_tells_one_fails(tmp_path):
    world = World(tmp_path, mission=mission_with(tmp_path, BAD_VALUE))
    world.run(3)
    poke = world.station.command("case.poke", degc=300)
    fine = world.station.command("case.poke", degc=30)
    world.run(5)
    assert (poke.progress, fine.progress) == (RequestProgress.FAILED, RequestProgress.COMPLETED)
    assert "CaseStatus.degc = 300, expected 0..255" in poke.reason
    errors = {error["error"] for error in told(world, "StepFailed")}
    assert errors == {f"UnsendableError: CaseStatus.degc = {value}, expected 0..255" for value in (-1, 300)}
    assert len(told(world, "StepFailed")) <= 3 * 4  # each with its repeats, and once more after the good value
    assert {event["name"] for event in told(world, "StepFailed")} == {"case"}
    status = world.station.named("NodeStatus")[-1]
    assert status["reports_unsendable"] >= 50 * (status["uptime_s"] - 1)
    assert (status["set_aside"], status["ticks_missed"]) == (0, 0)
    assert uptimes_are_whole(world)


@pytest.mark.parametrize(
    ("body", "what", "bits_per_second"),
    [
        (FLOOD, "CaseHappened", 115_200),
        (FLOOD, "CaseHappened", 9_600),
        (FLOOD_OF_SAMPLES, "CaseStatus", 9_600),
    ],
    ids=["events", "events, slow link", "samples, slow link"],
)
@pytest.mark.requirement("FSW-EXE-009")
def test_a_flood_drowns_neither_state_nor_verification(tmp_path, body, what, bits_per_second):
    world = World(tmp_path, mission=mission_with(tmp_path, body), bits_per_second=bits_per_second)
    world.run(4)
    pings = []
    for _ in range(2):
        pings.append(world.station.request(Ping(), "ping"))
        world.run(4)
    assert [ping.progress for ping in pings] == [RequestProgress.COMPLETED] * 2
    assert uptimes_are_whole(world)
    assert len(world.station.named("NodeStatus")) >= 10
    assert {"name": "case", "what": what} in told(world, "Throttled")
    status = world.station.named("NodeStatus")[-1]
    assert status["reports_throttled"] > 1_000 * (status["uptime_s"] - 2)


@pytest.mark.requirement("FSW-EXE-005")
def test_an_app_that_wants_to_exit_is_a_failure_of_that_app(tmp_path):
    world = World(tmp_path, mission=mission_with(tmp_path, LEAVES))
    world.run(30)
    assert {error["error"] for error in told(world, "StepFailed")} == {"SystemExit: no licence"}
    assert uptimes_are_whole(world)
    status = world.station.named("NodeStatus")[-1]
    assert status["set_aside"] == 1
    assert status["failures"] < 25
    assert {"name": "case", "failures": 8} in told(world, "SetAside")
    assert 'sys.exit("no licence")' in (tmp_path / "failures.log").read_text()


def broken(*_arguments):
    raise KeyError("a bug")


@pytest.mark.parametrize(
    "duty", ["files.fill", "files.accept", "services.pop_scheduled", "dispatcher.report_completions"]
)
@pytest.mark.requirement("FSW-EXE-007")
def test_a_duty_that_always_fails_is_tried_less_often_and_keeps_nothing_else_back(tmp_path, monkeypatch, duty):
    world = World(tmp_path)
    world.run(2)
    owner, _, method = duty.partition(".")
    monkeypatch.setattr(getattr(world.node, owner), method, broken)
    world.node.files.store.add(world.node.files.store.allot_id(), "a.product", b"y" * 100, PROVENANCE)
    before = world.node.telecom.downlink.units
    world.run(60)
    assert uptimes_are_whole(world)
    assert world.node.telecom.downlink.units - before >= 60
    assert world.node.executive.failures < 100  # the loop has turned some thousand times meanwhile
    monkeypatch.undo()
    assert world.run(60, lambda: world.station.files.files)


def test_timers_that_run_out_while_the_link_has_no_room_do_not_hold_the_processor(tmp_path):
    """Files that the ground begins and never ends ask for what is missing, more than a slow link takes."""
    world = World(tmp_path, bits_per_second=9_600)
    world.run(2)
    files = world.node.files
    store = MemoryStore(**{f"f{number}": b"x" * 300 for number in range(60)})
    ground = Entity(files.ground_entity, store, Settings(pdu_octets_max=200), first_sequence=500)
    for number in range(60):
        ground.put(f"f{number}", f"f{number}", files.entity.entity_id, acknowledged=True)
    for count, pdu in enumerate(iter(lambda: ground.pop_pdu(0), None)):
        if count % 2 == 0:
            files.accept(SpacePacket(files.apid, count, pdu, is_command=True).encode())
    turns, step = [0], world.node.step

    def counted():
        turns[0] += 1
        assert turns[0] < 20_000
        step()

    world.node.step = counted
    world.up.cut(world.clock.monotonic_ns() + 400 * SECOND)
    world.run(10)
    assert uptimes_are_whole(world)


@pytest.mark.requirement("FSW-EXE-007")
def test_one_packet_that_fails_keeps_no_other_back(tmp_path, monkeypatch):
    world = World(tmp_path)
    world.run(2)
    bad = TcPacket(apid=65, count=7, service=17, subtype=1).encode()
    good = TcPacket(apid=65, count=8, service=17, subtype=1).encode()
    handle = world.node.dispatcher.handle
    monkeypatch.setattr(world.node.dispatcher, "handle", lambda packet: broken() if packet == bad else handle(packet))
    received = iter([[bad, good]])
    monkeypatch.setattr(world.node.telecom, "receive", lambda _room: next(received, []))
    assert world.run(3, lambda: Pong() in world.station.reports)
    assert world.node.executive.failures == 1


@pytest.mark.requirement("FSW-EXE-007")
def test_one_report_that_cannot_be_made_keeps_no_other_back(tmp_path, monkeypatch):
    world = World(tmp_path)
    world.run(2)
    report_of = world.node.services.report_of
    monkeypatch.setattr(
        world.node.services,
        "report_of",
        lambda record: broken() if type(record).__name__ == "NodeStatus" else report_of(record),
    )
    tracked = world.station.request(Ping(), "ping")
    assert world.run(5, lambda: tracked.is_over)
    assert told(world, "StepFailed") == [{"name": "report of NodeStatus", "error": "KeyError: 'a bug'"}]


def test_forty_requests_in_an_outage_are_all_heard(tmp_path):
    world = World(tmp_path)
    world.run(5)
    world.down.cut(world.clock.monotonic_ns() + 3 * SECOND)
    for number in range(40):
        world.node.dispatcher.handle(TcPacket(apid=65, count=5000 + number, service=17, subtype=1).encode())
        world.run(0.06)
    world.run(60)
    completed = [one.request & 0x3FFF for one in world.station.reports if isinstance(one, CompletionSuccess)]
    assert {5000 + number for number in range(40)} <= set(completed)
    assert world.station.named("NodeStatus")[-1]["reports_forgotten"] == 0


def test_an_app_whose_own_port_went_away_does_not_end_the_node(tmp_path):
    body = '        from hal.port import PortClosed\n        raise PortClosed("my sensor")\n        yield\n'
    world = World(tmp_path, mission=mission_with(tmp_path, body))
    world.run(3)
    assert {error["error"] for error in told(world, "StepFailed")} == {"PortClosed: my sensor"}
    world.node_end.close()
    with pytest.raises(PortClosed):
        world.run(1)


def test_a_sensor_that_falls_silent_costs_neither_state_nor_product(tmp_path):
    volts, amperes = tmp_path / "in1_input", tmp_path / "curr1_input"
    volts.write_text("5000")
    amperes.write_text("1000")
    world = World(tmp_path, board=MeasuredBoard("Jetson", Rail(volts, amperes), BOARD))
    world.run(3)
    assert world.station.named("NodeStatus")[-1]["power_source"] == "measured"
    amperes.unlink()
    tracked = world.station.command("imaging.capture", target="coast")
    assert world.run(10, lambda: world.station.files.files and tracked.is_over)
    assert tracked.progress is RequestProgress.COMPLETED
    assert world.station.named("NodeStatus")[-1]["power_source"] == "modelled"
    amperes.write_text("2000")
    world.run(2)
    last = world.station.named("NodeStatus")[-1]
    assert (last["power_w"], last["power_source"], last["failures"]) == (10.0, "measured", 0)
    assert uptimes_are_whole(world)


@pytest.mark.requirement("FSW-EXE-015")
def test_the_crash_log_is_bounded_and_never_fails(tmp_path):
    log = CrashLog(tmp_path)
    for number in range(400):
        log.note("imaging", ValueError(f"{number} caf\udce9" * 50), number * SECOND)
    assert "ValueError: 399 caf" in (tmp_path / "failures.log").read_text()
    assert (tmp_path / "failures.log").stat().st_size <= 64 * 1024
    assert (tmp_path / "failures.old.log").stat().st_size <= 64 * 1024
    assert len(list(tmp_path.iterdir())) == 2
    gone = CrashLog(tmp_path / "gone")
    gone.note("imaging", ValueError(), 0)
    assert gone.lost == 1
