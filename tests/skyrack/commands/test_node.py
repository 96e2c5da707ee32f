"""`skyrack node` and `skyrack dictionary` as a person meets them: one sentence, an exit code, nothing lost."""

import os
import pty
import pwd
import select
import signal
import socket
import subprocess
import sys
import time
import tty
from contextlib import suppress
from pathlib import Path

import pytest

from fsw.design import dictionary_of
from fsw.mission import load_mission
from ground.recordings.decoding import Decoder
from link.channels.tm_receiver import TmReceiver
from link.coding.tm import TmDecoder
from link.dictionary import Dictionary
from link.pus.definition import definition_of
from skyrack.cli import main
from tests.patience import PATIENCE_S

COASTWATCH = Path(__file__).parents[3] / "examples" / "missions" / "coastwatch.toml"


def test_a_user_without_home_is_asked_for_the_state_folder(monkeypatch, capfd):
    """As in a container, whose user id the password file does not have."""

    def unknown(uid):
        raise KeyError(uid)

    monkeypatch.delenv("HOME")
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    monkeypatch.setattr(pwd, "getpwuid", unknown)
    assert main(["node", str(COASTWATCH), "--port", "udp://127.0.0.1:5101"]) == 2
    assert "--state DIR" in capfd.readouterr().err


ONE_APP = """
from dataclasses import dataclass
from fsw.executive.app import App
from link.dictionary import command

@dataclass
class {name}(App, period_ms=1000, budget_ms=5):
    @command(opcode={opcode})
    def poke(self) -> None:
        \"\"\"Do nothing.\"\"\"
"""
NODE = ["node", "--port", "udp://127.0.0.1:5101"]


@pytest.mark.parametrize("command", [["dictionary", "export"], ["pipeline", "check"]], ids=["export", "check"])
@pytest.mark.parametrize(
    ("first", "second", "sentence"),
    [
        (("One", 0xE3), ("One", 0xE4), "its app is called one, as is that of "),
        (("One", 0xE3), ("Imaging", 0xE4), "its app is called imaging, as is that of an app of the node's own"),
        (("One", 0xE3), ("Two", 0xE3), "command two.poke and command one.poke have the same id, 227"),
        (("One", 0xE3), ("Two", 0x10), "command two.poke and command imaging.capture have the same id, 16"),
    ],
)
def test_an_app_or_an_opcode_given_twice_is_refused_in_one_sentence(tmp_path, capfd, command, first, second, sentence):
    check_refused(tmp_path, capfd, command, first, second, sentence)


@pytest.mark.slow
def test_a_node_of_an_opcode_given_twice_does_not_start(tmp_path, capfd):
    words = "command two.poke and command one.poke have the same id, 227"
    check_refused(tmp_path, capfd, NODE, ("One", 0xE3), ("Two", 0xE3), words)


def check_refused(tmp_path, capfd, command, first, second, sentence):
    for file, (name, opcode) in {"a/app.py": first, "b/app.py": second}.items():
        (tmp_path / file).parent.mkdir()
        (tmp_path / file).write_text(ONE_APP.format(name=name, opcode=opcode))
    text = COASTWATCH.read_text().replace("../scenes/", f"{COASTWATCH.parents[1]}/scenes/")
    mission = tmp_path / "twice.toml"
    mission.write_text(text.replace('# apps = ["../hello.py"]', 'apps = ["a/app.py", "b/app.py"]'))
    state = ["--state", str(tmp_path / "state")] if command[0] == "node" else []
    assert main([*command, str(mission), *state]) == 2
    said = capfd.readouterr().err
    assert sentence in said
    assert said.count("\n") == 1
    assert not (tmp_path / "state").exists()


class Flying:
    """A node process on a pseudo-terminal whose other side is here."""

    def __init__(self, state, keeps_line=False, options=()):
        self.line, far = pty.openpty()
        tty.setraw(self.line)
        command = [sys.executable, "-m", "skyrack.cli", "node", str(COASTWATCH)]
        url = f"serial://{os.ttyname(far)}?baud=115200"
        self.process = subprocess.Popen(
            [*command, "--port", url, "--state", str(state), *options], stderr=subprocess.PIPE, text=True
        )
        self.far = far
        self.await_telemetry()
        if not keeps_line:
            os.close(far)

    def await_telemetry(self):
        managed = load_mission(COASTWATCH).managed
        decoder, receiver = TmDecoder(managed), TmReceiver(managed)
        while not receiver.channels["housekeeping"].frames:
            assert select.select([self.line], [], [], PATIENCE_S)[0], "no telemetry"
            for frame in decoder.feed(os.read(self.line, 4096)):
                receiver.feed(frame)

    def recv(self, size_max):
        assert select.select([self.line], [], [], PATIENCE_S)[0], "no telemetry"
        return os.read(self.line, size_max)

    def end(self):
        """Exit code and what was said after the line that says that it flies."""
        _, said = self.process.communicate(timeout=PATIENCE_S)
        first, _, rest = said.partition("\n")
        assert first.startswith("skyrack node: coastwatch flies on serial:///dev/pts/")
        return self.process.returncode, rest


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_cleanly(tmp_path, number):
    flying = Flying(tmp_path)
    flying.process.send_signal(number)
    assert flying.end() == (0, "")
    os.close(flying.line)


def test_a_watchdog_that_cannot_be_opened_ends_nothing(tmp_path, monkeypatch):
    plans = []

    class Supervision:
        def __init__(self, plan, *_, watchers, **__):
            plans.append((plan, len(watchers)))

        def run(self, stop):
            """Fly nothing."""

    monkeypatch.setattr("fsw.supervisor.run.Supervision", Supervision)
    device, state = tmp_path / "watchdog0", ["--state", str(tmp_path / "state")]
    assert main([*NODE, str(COASTWATCH), *state, "--priority", "0", "--watchdog", str(device)]) == 0
    ((plan, watchers),) = plans
    assert plan.arguments[-1] == f"no hardware watchdog ({device}: No such file or directory)"
    assert watchers == 1  # the service manager


@pytest.mark.parametrize(
    ("program", "said"), [("none-such reboot", "no such program, so the board will"), ("true", "")]
)
def test_a_reset_that_will_not_work_is_told_before_it_is_needed(tmp_path, monkeypatch, capfd, program, said):
    monkeypatch.setattr("fsw.supervisor.run.Supervision.run", lambda *_: None)
    assert main([*NODE, str(COASTWATCH), "--state", str(tmp_path), "--priority", "0", "--reset-board", program]) == 0
    told = capfd.readouterr().err
    assert said in told
    assert told.count("\n") == bool(said)


@pytest.mark.slow
def test_a_node_flies_without_a_watchdog_that_cannot_be_opened_and_says_so(tmp_path):
    """So does each later flight loop of it, in its first event and in ProcessStatus."""
    device = tmp_path / "watchdog0"
    flying = Flying(tmp_path / "state", keeps_line=True, options=["--watchdog", str(device), "--priority", "0"])
    lack = f"no hardware watchdog ({device}: No such file or directory)"
    assert flying.process.stderr.readline().endswith(f"; with {lack}\n")
    executive = executive_of(flying.process.pid)
    os.kill(int(executive.name), signal.SIGKILL)
    first = {}
    for one in packets(flying):
        first.setdefault(one.name, one.values)
        if {"Degraded", "ProcessStatus"} <= first.keys():
            break
    assert first["Degraded"]["lacks"] == lack
    assert first["ProcessStatus"]["is_degraded"] == 1
    flying.process.terminate()
    flying.process.communicate(timeout=PATIENCE_S)
    assert flying.process.returncode == 0
    os.close(flying.line)
    os.close(flying.far)


@pytest.mark.slow
def test_a_node_flies_on_without_its_line(tmp_path):
    flying = Flying(tmp_path)
    os.write(flying.line, os.urandom(500))
    os.close(flying.line)
    said = flying.process.stderr.readline(), flying.process.stderr.readline()
    assert said[1].startswith("skyrack node: /dev/pts/")
    assert said[1].endswith("the line went away (unplugged, or its other end closed)\n")
    flying.process.terminate()
    assert flying.process.communicate(timeout=PATIENCE_S)[1] == ""
    assert flying.process.returncode == 0
    assert (tmp_path / "products" / "kept").is_dir()


@pytest.mark.slow
def test_strangers_who_come_and_go_end_nothing_and_are_counted(tmp_path):
    """The node flies before anybody is there; strangers come and leave, then the ground."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        address = free.getsockname()
    port = f"tcp-listen://127.0.0.1:{address[1]}"
    command = [sys.executable, "-m", "skyrack.cli", "node", str(COASTWATCH), "--port", port, "--state", str(tmp_path)]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stderr.readline().startswith(f"skyrack node: coastwatch flies on {port}")
        assert process.stderr.readline() == f"skyrack node: {port}: waits for a peer\n"
        for _ in range(2):
            with socket.create_connection(address) as stranger:
                assert process.stderr.readline() == f"skyrack node: {port}: it is there\n"
                stranger.sendall(b"GET / HTTP/1.1\r\n\r\n")
            assert process.stderr.readline() in {
                f"skyrack node: {port}: the other end closed the connection\n",
                f"skyrack node: {port}: Connection reset by peer\n",  # it left without reading what we had sent
            }
        with socket.create_connection(address, timeout=PATIENCE_S) as ground, socket.create_connection(address):
            status = telemetry(ground, lambda status: status.values["port_refused"])
        process.terminate()
        assert process.wait(PATIENCE_S) == 0
    finally:
        process.kill()
        process.communicate()
    assert (status.values["port_losses"], status.values["port_refused"]) == (2, 1)


def telemetry(line, is_it):
    """The first NodeStatus on `line` that it is."""
    return packet(line, "NodeStatus", is_it)


def packet(line, name, is_it=lambda _: True):
    """The first packet of this name on `line` that it is."""
    return next(one for one in packets(line) if one.name == name and is_it(one))


def packets(line):
    """What comes on `line`, decoded."""
    mission = load_mission(COASTWATCH)
    decoder, receiver = TmDecoder(mission.managed), TmReceiver(mission.managed)
    decoded = Decoder(definition_of(dictionary_of(mission)))
    while octets := line.recv(4096):
        deliveries = (delivery for frame in decoder.feed(octets) for delivery in receiver.feed(frame))
        yield from (decoded.read(delivery.packet) for delivery in deliveries)
    raise AssertionError("the node hung up")


@pytest.mark.requirement("FSW-SUP-018")
def test_a_killed_node_leaves_no_process_behind(tmp_path):
    flying = Flying(tmp_path)
    family = children(flying.process.pid)
    with_numpy = [one for one in [Path("/proc", str(flying.process.pid)), *family] if "/numpy/" in maps(one)]
    assert with_numpy == [family[1]]  # the guardian, of which workers are forks
    family += [one for child in family for one in children(child.name)]
    flying.process.kill()
    flying.process.communicate()
    deadline = time.monotonic() + PATIENCE_S
    while any(map(is_running, family)):
        assert time.monotonic() < deadline, "somebody outlives the node"
        time.sleep(0.01)
    os.close(flying.line)


def test_a_killed_executive_is_followed_by_one_that_remembers(tmp_path):
    flying = Flying(tmp_path, keeps_line=True)
    executive = executive_of(flying.process.pid)
    os.kill(int(executive.name), signal.SIGSEGV)
    assert flying.process.stderr.readline().startswith("skyrack node: coastwatch flies on ")
    assert flying.process.stderr.readline() == "skyrack node: the executive ended (SIGSEGV); it is started again\n"
    status = telemetry(flying, lambda status: status.values["boots"] == 2)
    assert status.values["uptime_s"] < PATIENCE_S
    flying.process.terminate()
    assert flying.process.communicate(timeout=PATIENCE_S)[1] == ""
    assert flying.process.returncode == 0
    os.close(flying.line)
    os.close(flying.far)


@pytest.mark.slow
def test_where_no_executive_lives_a_beacon_tells(tmp_path):
    """Nine in a row are one too many for its budget, and no way to reset this board was given."""
    flying = Flying(tmp_path, keeps_line=True)
    told = flying.process.stderr
    assert told.readline().startswith("skyrack node: coastwatch flies on ")
    for number in range(9):
        executive = executive_of(flying.process.pid)
        os.kill(int(executive.name), signal.SIGKILL)
        assert told.readline().startswith("skyrack node: the ")
        if number < 8:
            telemetry(flying, lambda status: status.values["boots"])
    assert told.readline().endswith("(SIGKILL); it is started again in 10 s, and a beacon is sent\n")
    event = packet(flying, "LastResort")
    assert (event.values["failures"], event.values["cause"]) == (9, "SIGKILL")
    flying.process.terminate()
    assert flying.process.communicate(timeout=PATIENCE_S)[1] == ""
    assert flying.process.returncode == 0
    os.close(flying.line)
    os.close(flying.far)


def maps(process):
    """The files that a process has in its memory."""
    return (process / "maps").read_text()


def executive_of(pid):
    """The process of the flight loop; its supervisor, the warm process and a standby have other names."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        for one in children(pid):
            with suppress(OSError):
                if (one / "comm").read_text() == "executive\n":
                    return one
        assert time.monotonic() < deadline, "there is no executive"
        time.sleep(0.001)


def children(pid):
    text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [Path("/proc") / child for child in text.split()]


def is_running(process):
    try:
        return "(zombie)" not in (process / "status").read_text()
    except OSError:
        return False


@pytest.mark.parametrize(
    ("port", "code", "sentence"),
    [
        ("serial:///dev/none", 1, "/dev/none: no such serial port"),
        pytest.param("morse://x", 2, "port 'morse://x': expected one of serial://, tcp://", marks=pytest.mark.slow),
    ],
)
def test_a_port_that_cannot_be_opened(tmp_path, capfd, port, code, sentence):
    assert main(["node", str(COASTWATCH), "--port", port, "--state", str(tmp_path)]) == code
    said = capfd.readouterr().err
    assert said.startswith(f"skyrack node: {sentence}")
    assert said.count("\n") == 1


@pytest.mark.parametrize("option", ["--state", "--priority"])
def test_what_no_node_can_fly_with_is_one_sentence(tmp_path, capfd, option):
    (tmp_path / "file").touch()
    value, sentence = {
        "--state": (str(tmp_path / "file"), "file: not a folder"),
        "--priority": ("99", "99: expected 0..98"),
    }[option]
    try:
        code = main([*NODE, str(COASTWATCH), option, value])
    except SystemExit as ended:
        code = ended.code
    assert (code, capfd.readouterr().err.endswith(f"{sentence}\n")) == (2, True)


def test_a_mission_that_is_wrong_is_one_sentence(tmp_path, capfd):
    assert main(["node", str(tmp_path / "none.toml"), "--port", "serial:///dev/none"]) == 2
    assert "none.toml: not a readable mission file" in capfd.readouterr().err


@pytest.mark.slow
def test_two_nodes_do_not_share_a_state(tmp_path, capfd):
    flying = Flying(tmp_path)
    assert main(["node", str(COASTWATCH), "--port", "serial:///dev/none", "--state", str(tmp_path)]) == 1
    assert capfd.readouterr().err == f"skyrack node: {tmp_path}: a node that still runs keeps its files there\n"
    flying.process.terminate()
    assert flying.end() == (0, "")
    os.close(flying.line)


def test_the_dictionary_is_what_the_ground_needs(capfd):
    assert main(["dictionary", "export", str(COASTWATCH)]) == 0
    dictionary = Dictionary.from_json(capfd.readouterr().out.encode())
    assert dictionary.version == dictionary_of(load_mission(COASTWATCH)).version
    files = ("hold", "release", "list_products", "drop_product", "purge_set_aside")
    names = [command.name for command in dictionary.commands]
    assert {"imaging.capture", "services.restore_defaults", *(f"files.{one}" for one in files)} <= set(names)
    assert dictionary.files.node_entity == 1
