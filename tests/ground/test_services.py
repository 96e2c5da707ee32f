"""The services of a real node, asked by name by the ground that operates it, in virtual time."""

import shlex
from pathlib import Path

import pytest

from fsw.design import dictionary_of
from fsw.mission import load_mission
from fsw.scrub.areas import host_areas
from ground.archive.archive import Archive
from ground.records import CommandRecord, EventRecord, SampleRecord
from ground.station.station import Station
from hal.clock import Moment
from link.cfdp import MemoryStore
from link.dictionary import Dictionary
from link.time.calendar import encode_ascii
from tests.fsw.test_node import COASTWATCH, World

SECOND = 1_000_000_000


class Ground:
    """The station on its end of the cable; it steps as the node's test station does."""

    def __init__(self, clock, port, archive=None, mission=COASTWATCH):
        self.clock, self.port, self.news, self.unsent = clock, port, [], bytearray()
        dictionary = Dictionary.from_json(dictionary_of(load_mission(mission)).to_json())
        self.archive = archive or Archive()
        self.station = Station(dictionary, self.archive, MemoryStore(), self.now)

    @property
    def now(self):
        return Moment(self.clock.monotonic_ns(), self.clock.utc_ns())

    def step(self):
        self.station.feed(self.port.read(1 << 16), self.now)
        self.station.step(self.now)
        self.unsent += self.station.pop_output()
        del self.unsent[: self.port.write(bytes(self.unsent))]
        self.news += self.station.drain_news()

    @property
    def due_ns(self):
        """Monotonic time at which `step` is due if nothing comes down before; an order that waits is due at once."""
        wake_ns = self.station.next_wake_ns
        return 0 if self.unsent or self.station.output or wake_ns is None else wake_ns

    def of(self, kind):
        return [record for record in self.news if isinstance(record, kind)]


class Desk:
    """An operator who types."""

    def __init__(self, folder, **options):
        self.world = World(folder, **options)
        self.ground = self.world.station = Ground(self.world.clock, self.world.station.port)
        self.world.run(3)

    def order(self, name, /, *, confirmed=False, **arguments):
        return self.ground.station.command(name, arguments, self.ground.now, confirmed=confirmed)

    def do(self, name, /, seconds=2, **arguments):
        """Order it, and give its last state and what the node answered beside."""
        number, before = self.order(name, **arguments).number, len(self.ground.news)
        self.world.run(seconds)
        last = [record for record in self.ground.of(CommandRecord) if record.number == number][-1]
        news = self.ground.news[before:]
        said = [f"{one.name}: {one.message}" for one in news if isinstance(one, EventRecord)]
        return last.reason or last.state, said

    def at(self, seconds):
        return encode_ascii(self.ground.now.utc_ns + seconds * SECOND).decode()


@pytest.fixture
def desk(tmp_path):
    return Desk(tmp_path)


@pytest.mark.parametrize(
    ("name", "arguments", "answer"),
    [
        ("test.ping", {}, "Pong: The node is alive: the answer to Ping."),
        ("parameters.report_values", {"parameters": "reporter.repeats,NodeStatus.boots"},
         "ParameterValues: reporter.repeats=3 NodeStatus.boots=1"),
        ("housekeeping.report_properties", {"structures": "NodeStatus"},
         "PropertiesReport: properties=(structure=NodeStatus enabled=True interval=0)"),
        ("events.report_disabled", {}, "DisabledEvents: events=none"),
        ("monitoring.report_statuses", {}, "StatusReport: statuses=none"),
        ("files.summarise_directory", {}, "DirectorySummary: directory= entries=" + ", ".join(
            f"(type=directory name={name})" for name in ("apps", "files", "log", "products", "sequences"))),
        ("scheduling.summarise_all", {}, "SummaryReport: summaries=none"),
        ("event_actions.report_action_statuses", {}, "ActionStatusReport: statuses=none"),
    ],
)  # fmt: skip
def test_what_a_service_answers_is_told_in_words(desk, name, arguments, answer):
    assert desk.do(name, **arguments) == ("completed", [answer])


def test_what_is_left_out_is_empty_false_or_0(desk):
    assert desk.do("files.create_file", directory="files", name="a") == ("completed", [])
    _, said = desk.do("files.report_file", directory="files", name="a")
    assert said == ["FileAttributes: directory=files name=a size=0 octets locked=False"]


def test_a_structure_of_ones_own_becomes_samples(desk):
    wanted = {"structure": "200", "interval": "5", "parameters": "NodeStatus.uptime_s,reporter.repeats"}
    assert desk.do("housekeeping.create_structure", **wanted) == ("completed", [])
    desk.do("housekeeping.enable_periodic", structures="200")
    desk.do("parameters.set_values", **{"reporter.repeats": "1"})
    sample = [one for one in desk.ground.of(SampleRecord) if one.report == "Structure200"][-1]
    assert sample.values.keys() == {"NodeStatus.uptime_s", "reporter.repeats"}
    assert sample.values["reporter.repeats"] == 1
    assert sample.units == {"NodeStatus.uptime_s": "s"}


def test_what_the_node_refuses_is_not_believed(desk):
    """A structure that exists keeps its content, whatever was asked for; what is appended to it is read as well."""
    desk.do("housekeeping.create_structure", structure=200, interval=5, parameters=[0x102])
    reason, _ = desk.do("housekeeping.create_structure", structure=200, interval=5, parameters=[0x103])
    assert "structure 200 exists" in reason
    desk.do("housekeeping.append_parameters", structure=200, parameters="reporter.repeats")
    desk.do("housekeeping.report_once", structures=[200])
    sample = next(one for one in desk.ground.of(SampleRecord) if one.report == "Structure200")
    assert list(sample.values) == ["NodeStatus.uptime_s", "reporter.repeats"]


def test_a_request_that_fails_when_it_is_released_on_board_is_reported(desk):
    desk.do("event_actions.add_action", event="ProductReady", request="imaging.capture target=moon")
    desk.do("event_actions.enable_actions")
    desk.do("event_actions.enable_acting")
    _, said = desk.do("imaging.capture", target="desert", seconds=10)
    (failed,) = [one for one in said if one.startswith("StartFailure")]
    assert "no target 'moon' in sight" in failed


def test_a_structure_that_another_ground_created_is_learned_by_asking(desk):
    desk.do("housekeeping.create_structure", structure=200, interval=5, parameters=[0x102])
    desk.ground = desk.world.station = Ground(desk.world.clock, desk.ground.port)
    desk.world.run(3)
    desk.do("housekeeping.report_structures", structures=[200])
    desk.do("housekeeping.report_once", structures=[200])
    assert any(sample.report == "Structure200" for sample in desk.ground.of(SampleRecord))


def test_a_command_that_was_scheduled_for_a_time_that_is_past_fails_with_what_should_have_scheduled_it(desk):
    """It did not time out, though it should have been heard of long ago."""
    past = {"at": desk.at(-86_400), "request": "imaging.capture target=coast"}
    reason, _ = desk.do("scheduling.insert_activities", **past)
    assert "its time is past, or less than 1000 ms from now" in reason
    states = {one.name: one for one in desk.ground.of(CommandRecord)}
    assert (states["imaging.capture"].state, "timeout" in str(states["imaging.capture"].stages)) == ("failed", False)


def test_a_scheduled_command_is_followed_to_its_end(desk):
    assert desk.do("scheduling.enable_schedule") == ("completed", [])
    inside = {"at": desk.at(90), "request": "imaging.capture target=coast"}
    assert desk.do("scheduling.insert_activities", **inside) == ("completed", [])
    states = {one.name: one for one in desk.ground.of(CommandRecord)}
    assert states["imaging.capture"].state == "queued"
    desk.world.run(100)
    states = {one.name: one for one in desk.ground.of(CommandRecord)}
    assert (states["imaging.capture"].state, states["imaging.capture"].reason) == ("completed", "")
    again = Ground(desk.world.clock, desk.ground.port, desk.ground.archive)
    desk.world.station = again
    desk.world.run(3)
    earlier = {one.request for one in desk.ground.of(CommandRecord)}
    assert again.station.command("test.ping", {}, again.now).request not in earlier


def test_an_alarm_on_board_releases_a_command(desk):
    check = """{"number": 1, "parameter": "NodeStatus.uptime_s", "interval": 10, "repetitions": 2, "check": "limits",
                "low": 0, "high": 15, "high_event": "ParameterAlarm"}"""
    action = {"event": "ParameterAlarm", "request": "imaging.capture target=desert"}
    for name, arguments in (
        ("event_actions.add_action", action),
        ("event_actions.enable_actions", {}),
        ("event_actions.enable_acting", {}),
        ("monitoring.add_definitions", {"definitions": check}),
        ("monitoring.enable_definitions", {"definitions": "1"}),
    ):
        assert desk.do(name, **arguments)[0] == "completed"
    desk.world.run(15)
    said = [one.name for one in desk.ground.of(EventRecord) if one.origin == "node"]
    assert {"ParameterAlarm", "CheckTransitions", "ProductReady"} <= set(said)


@pytest.mark.parametrize(
    ("name", "arguments", "sentence"),
    [
        ("housekeeping.enable_periodic", {"structure": "1"}, "no argument is called structure; known: structures"),
        ("housekeeping.dance", {}, "no command is called housekeeping.dance"),
        ("events.disable_events", {"events": "Nothing"}, "events = 'Nothing', expected"),
        ("parameters.set_values", {"imaging.gain": "1"}, "no parameter is called imaging.gain"),
        ("parameters.set_values", {"reporter.repeats": "9"}, "repeats = 9, expected 0..3"),
        ("scheduling.insert_activities", {"at": "now", "request": "test.ping"}, "at = 'now', expected a time"),
        ("scheduling.insert_activities", {"at": "2026-11-22T22:00:00Z"}, "request is missing"),
        ("event_actions.add_action", {"event": "ParameterAlarm", "request": "imaging.dance"}, "no command is called"),
        ("event_actions.add_action",
         {"event": "ParameterAlarm", "request": "event_actions.add_action event=3 request=test.ping"},
         "event_actions.add_action cannot be in another request"),
        ("monitoring.add_definitions", {"definitions": "[1]"}, "definitions = 1, expected"),
        ("monitoring.add_definitions", {"definitions": "{"}, "truncated"),
        ("monitoring.add_definitions", {"definitions": '{"limit": 1}'}, "no member is called limit"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_not_sent(desk, name, arguments, sentence):
    with pytest.raises(ValueError, match=sentence):
        desk.order(name, **arguments)


def test_a_structure_of_unknown_parameters_is_refused_on_board(desk):
    reason, _ = desk.do("housekeeping.create_structure", structure="200", interval="5", parameters="99")
    assert reason == "bad_arguments: no parameter 99"


@pytest.mark.parametrize("bits_per_second", [115_200, pytest.param(19_200, marks=pytest.mark.slow)])
def test_a_hundred_commands_at_once_are_all_told_of(tmp_path, bits_per_second):
    """The ground releases no more than the link can verify."""
    desk = Desk(tmp_path, bits_per_second=bits_per_second)
    for _ in range(100):
        desk.order("test.ping")
    desk.world.run(300_000 // bits_per_second)
    assert desk.ground.station.status(desk.ground.now).commands == {"completed": 100}
    told = [sample.values for sample in desk.ground.of(SampleRecord) if "reports_dropped" in sample.values]
    assert told[-1]["reports_dropped"] == 0
    assert not any("timeout" in {stage.name for stage in one.stages} for one in desk.ground.of(CommandRecord))


def test_a_clock_that_is_wrong_is_seen_and_set(desk):
    """The ground sees it in time reports, and all that is stamped after it set UTC is right."""
    now = desk.ground.now
    done, said = desk.do("time.set_time_report_rate", 8, rate=2)
    assert done == "completed"
    assert any(one.startswith("TimeReport: A frame left at 2026-01-01T00:00:") for one in said)
    done, said = desk.do("timekeeping.set_utc", utc=str(now.utc_ns + 86_400 * SECOND), error_us="500000")
    assert done == "completed"
    assert any(one.startswith("ClockCorrelated: UTC jumped by 86") for one in said)
    done, said = desk.do("test.ping", 8)
    assert any("TimeReport: A frame left at 2026-01-02T00:00:" in one for one in said)


PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "command-a-node.md"


def test_every_command_of_the_page_is_completed(tmp_path):
    desk = Desk(tmp_path, areas=list(host_areas([])))
    lines = [
        line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("skyrack ground command")
    ]
    assert len(lines) == 31
    for line in lines:
        name, *words = [word for word in shlex.split(line)[3:] if word != "--wait"]
        pairs = (word.partition("=") for word in words)
        assert desk.do(name, **{key: value for key, _, value in pairs})[0] == "completed", line
