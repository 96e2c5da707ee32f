"""`skyrack node --record` and `skyrack replay` as a person meets them: real processes, one sentence, an exit code."""

import json
import os
import pty
import select
import signal
import subprocess
import sys
import tty
from contextlib import suppress
from pathlib import Path

import pytest

from fsw.flightlog.chunks import read_chunks
from rig.replay.replay import Replay, Until
from skyrack.cli import main
from tests.fsw.test_isolation import mission_with
from tests.fsw.test_node import COMPUTE_MS
from tests.patience import PATIENCE_S
from tests.rig.replay.test_replay import RecordedWorld

COASTWATCH = Path(__file__).parents[4] / "examples" / "missions" / "coastwatch.toml"


@pytest.fixture(scope="module")
def recording(tmp_path_factory):
    """Ten seconds of a flight with a capture."""
    world = RecordedWorld(tmp_path_factory.mktemp("recording"))
    world.station.command("imaging.capture", target="coast")
    world.run(10)
    world.recorder.close()
    return str(world.path)


def test_it_comes_to_the_same_state_and_prints_it(recording, capsys):
    assert main(["replay", recording]) == 0
    said = capsys.readouterr().out
    assert said.startswith("replayed to its end: ")
    assert ", as recorded\n" in said
    assert "  uptime_s             9\n" in said
    assert "ProductDelivered The ground has product 1, 000001-coast.product." in said


def test_it_stops_at_an_event_with_the_state_as_json(recording, capsys):
    assert main(["replay", recording, "--break", "ProductReady", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["stopped"], found["events"][-1][1]) == ("event", "ProductReady")
    assert found["products_waiting"] == ["000001-coast.product"]
    assert found["node_status"]["farm_state"] in {"open", "lockout"}
    assert found["queues"].keys() == {"Report", "Telemetry", "Event"}


def test_it_stops_while_a_command_is_open(recording, capsys):
    assert main(["replay", recording, "--break", "ProductReady", "--json"]) == 0
    ready_s = json.loads(capsys.readouterr().out)["events"][-1][0]
    assert main(["replay", recording, "--until", f"{ready_s - COMPUTE_MS / 2000}", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["stopped"], found["open_requests"]) == ("until", ["65/1 is under way"])  # 65/0 acknowledges packets


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--until", "soon"], "--until soon, expected seconds, or a number of steps of apps as tick:240"),
        (["--until", "nan"], "--until nan, expected seconds, or a number of steps of apps as tick:240"),
        (["--until", "-5"], "--until -5, expected seconds, or a number of steps of apps as tick:240"),
        (["--until", "tick:-3"], "--until tick:-3, expected seconds, or a number of steps of apps as tick:240"),
        (["--until", "tick:x"], "--until tick:x, expected seconds, or a number of steps of apps as tick:240"),
        (["--break", "ProductRady"], "--break ProductRady: no event of this node; did you mean ProductReady?"),
    ],
)
def test_a_misspelt_option_is_told_in_one_sentence(recording, capsys, options, sentence):
    assert main(["replay", recording, *options]) == 2
    assert capsys.readouterr().err == f"skyrack replay: {sentence}\n"


def test_what_is_no_recording_is_told_in_one_sentence(tmp_path, capsys):
    assert main(["replay", str(COASTWATCH)]) == 2
    assert capsys.readouterr().err.endswith("no recording of a flight, which `skyrack node --record` makes\n")
    assert main(["replay", str(tmp_path / "none")]) == 1
    assert capsys.readouterr().err.count("\n") == 1


def test_a_recording_that_ends_before_the_node_is_built_is_told_in_one_sentence(recording, tmp_path, capsys):
    cut = tmp_path / "cut.rec"
    header = next(read_chunks(Path(recording)))[1]
    whole = Path(recording).read_bytes()
    cut.write_bytes(whole[: whole.index(header) + len(header)])
    assert main(["replay", str(cut)]) == 2
    sentence = f"{cut}: cut off or damaged before the node was built; nothing to replay"
    assert capsys.readouterr().err == f"skyrack replay: {sentence}\n"


def test_ticks_count_and_notes_are_told(recording, capsys, monkeypatch):
    monkeypatch.setattr("rig.replay.replay.software", lambda: "99.0")
    assert main(["replay", recording, "--until", "tick:20"]) == 0
    said = capsys.readouterr()
    assert said.out.startswith("replayed up to where it was to stop: ")
    assert "replayed by 99.0" in said.err


def test_apps_of_ones_own_come_from_the_mission(tmp_path, capsys):
    mission = mission_with(tmp_path, "        yield CaseStatus(degc=-1)\n")
    world = RecordedWorld(tmp_path, mission=mission)
    world.run(2)
    world.recorder.close()
    assert main(["replay", str(world.path)]) == 2
    assert "give the mission that lists these: --mission" in capsys.readouterr().err
    assert main(["replay", str(world.path), "--mission", str(mission)]) == 0


class Recorded:
    """A node process on a pseudo-terminal that records its flight."""

    def __init__(self, folder):
        self.path = folder / "flight.rec"
        self.line, far = pty.openpty()
        tty.setraw(self.line)
        words = ["node", str(COASTWATCH), "--port", f"serial://{os.ttyname(far)}?baud=115200"]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "skyrack.cli", *words, "--state", str(folder / "state"), "--record", str(self.path)],
            stderr=subprocess.PIPE,
            text=True,
        )
        self.far = far

    def receive(self, octets):
        """Take so many octets of telemetry."""
        while octets > 0:
            assert select.select([self.line], [], [], PATIENCE_S)[0], "no telemetry"
            octets -= len(os.read(self.line, 4096))

    def end(self, number):
        self.process.send_signal(number)
        _, said = self.process.communicate(timeout=PATIENCE_S)
        os.close(self.line)
        os.close(self.far)
        return self.process.returncode, said


@pytest.mark.slow
def test_a_real_node_is_replayed_to_the_same_state(tmp_path, capsys):
    flight = Recorded(tmp_path)
    flight.receive(1000)
    os.write(flight.line, os.urandom(300))
    flight.receive(1000)
    assert flight.end(signal.SIGTERM)[0] == 0
    assert main(["replay", str(flight.path), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["stopped"], found["state"]) == ("end", found["recorded_state"])
    assert found["node_status"]["tm_frames"] > 0
    assert found["node_status"]["tc_octets_skipped"] > 100


def holder_of(path):
    """The process that has this file open."""
    for link in Path("/proc").glob("[0-9]*/fd/*"):
        with suppress(OSError):
            if link.readlink() == path:
                return int(link.parts[2])
    return None


@pytest.mark.slow
def test_of_a_flight_that_was_killed_all_but_the_end_is_there_and_the_next_has_a_file_of_its_own(tmp_path):
    first = Recorded(tmp_path)
    first.receive(3000)
    os.kill(holder_of(first.path), signal.SIGKILL)
    first.end(signal.SIGTERM)
    replay = Replay(first.path)
    replay.run(Until())
    assert (replay.stopped, replay.difference) == ("cut", None)
    assert replay.status["NodeStatus"].uptime_s >= 1
    recorded = first.path.read_bytes()
    second = Recorded(tmp_path)
    second.receive(1000)
    code, said = second.end(signal.SIGTERM)
    assert (code, f"recorded in {tmp_path / 'flight.rec.2'}" in said) == (0, True)
    assert first.path.read_bytes() == recorded
    assert main(["replay", str(tmp_path / "flight.rec.2")]) == 0
