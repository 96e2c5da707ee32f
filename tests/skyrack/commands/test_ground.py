"""`skyrack ground` as a person uses it: the service as a process on a pseudo-terminal, a node beyond it."""

import contextlib
import json
import os
import pty
import signal
import socket
import subprocess
import sys
import threading
import tty
from dataclasses import dataclass
from pathlib import Path

import pytest

from fsw.design import dictionary_of
from fsw.mission import load_mission
from ground.archive.archive import Archive
from ground.records import EventRecord, SampleRecord
from ground.service.client import Client
from skyrack.cli import main
from tests.ground.archive.test_archive import packet
from tests.ground.example_dictionary import SECOND
from tests.ground.flown import DICTIONARY, Flown
from tests.patience import PATIENCE_S

ROOT = Path(__file__).parents[3]


@dataclass
class Bench:
    folder: Path
    flown: Flown
    service: subprocess.Popen

    def ground(self, *words: str) -> int:
        return main(["ground", *words, "--socket", str(self.folder / "s")])


def serve(folder: Path, port: str) -> subprocess.Popen:
    words = ["--port", port, "--dictionary", folder / "d.json", "--out", folder / "out", "--socket", folder / "s"]
    return subprocess.Popen(
        [sys.executable, "-m", "skyrack.cli", "ground", "serve", *map(str, words)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT,
    )  # fmt: skip


def fly(flown: Flown, descriptor: int, over: threading.Event) -> None:
    """Ten times faster than the clock, so that tests are short."""
    now_ns = 0
    with contextlib.suppress(OSError):
        while not over.wait(0.01):
            with contextlib.suppress(BlockingIOError):
                flown.receive(os.read(descriptor, 4096))
            with contextlib.suppress(BlockingIOError):  # overrun, as on a UART that nobody reads
                os.write(descriptor, flown.step(now_ns))
            now_ns += SECOND // 10


@pytest.fixture(scope="module")
def bench(tmp_path_factory):
    folder = tmp_path_factory.mktemp("ground")
    (folder / "d.json").write_bytes(DICTIONARY.to_json())
    far, near = pty.openpty()
    tty.setraw(near)
    os.set_blocking(far, False)
    flown, over = Flown(), threading.Event()
    service = serve(folder, f"serial://{os.ttyname(near)}")
    flight = threading.Thread(target=fly, args=(flown, far, over))
    ready = json.loads(service.stdout.readline())
    assert ready == {"node": "coastwatch", "dictionary": DICTIONARY.version, "socket": str(folder / "s")}
    flight.start()  # not before somebody listens: a full line would stop it
    with Client(folder / "s") as client:
        client.subscribe("sample")
        next(client.news(timeout_s=PATIENCE_S))
    yield Bench(folder, flown, service)
    service.send_signal(signal.SIGTERM)
    words, complaints = service.communicate(timeout=PATIENCE_S)
    over.set()
    flight.join()
    os.close(far)
    os.close(near)
    assert (service.returncode, words, complaints) == (0, "", "")


def test_a_command_is_shown_stage_by_stage(bench, capsys):
    assert bench.ground("command", "lookout.look", "target=coast", "--wait") == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split("  ")[1] for line in lines] == [
        "queued", "released", "delivered", "accepted", "started", "completed",
    ]  # fmt: skip


def test_a_command_without_wait_and_as_json(bench, capsys):
    assert bench.ground("command", "lookout.look", "target=coast", "count=7", "--json") == 0
    record = json.loads(capsys.readouterr().out)
    assert (record["name"], record["arguments"]) == ("lookout.look", {"target": "coast", "count": 7})


def test_a_refused_command_fails_with_the_node_s_reason(bench, capsys):
    assert bench.ground("command", "lookout.look", "target=nowhere", "--wait") == 1
    said = capsys.readouterr()
    assert said.err == "skyrack ground: lookout.look: failed: bad_arguments: no such target\n"
    assert said.out.splitlines()[-1].endswith("not started: bad_arguments: no such target")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["lookout.dance"], "no command is called lookout.dance; known: imaging.capture, files.hold"),
        (["lookout.look", "target"], "argument 'target', expected NAME=VALUE"),
        (["lookout.look", "target=coast", "count=many"], "lookout.look: count = 'many', expected"),
        (["lookout.look", "count=3"], "target is missing"),
        (
            ["lookout.look", "taget=coast"],
            "called taget; known: target, count; did you mean target?",
        ),
        (["lookout.erase"], "lookout.erase is hazardous"),
    ],
)
def test_what_is_mistyped_is_one_sentence_and_exit_code_2(bench, capsys, words, sentence):
    assert bench.ground("command", *words) == 2
    said = capsys.readouterr()
    assert (said.out, said.err.count("\n")) == ("", 1)
    assert sentence in said.err


def test_status_for_people_and_for_scripts(bench, capsys):
    assert bench.ground("status") == 0
    assert "coastwatch, heard, on serial:///dev/" in capsys.readouterr().out
    assert bench.ground("status", "--json") == 0
    status = json.loads(capsys.readouterr().out)
    assert status["link"]["frames_received"] > 0
    assert status["node_dictionary"] == DICTIONARY.version


def test_plot_for_people_and_for_scripts(bench, capsys):
    assert bench.ground("plot", "LookoutStatus.load") == 0
    assert capsys.readouterr().out.startswith("LookoutStatus.load\n")
    assert bench.ground("plot", "LookoutStatus.load", "--last", "1", "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["values"], found["unit"]) == ([10], "%")
    assert bench.ground("plot", "LookoutStatus.lad") == 2
    assert "no parameter is called LookoutStatus.lad; did you mean LookoutStatus.load?" in capsys.readouterr().err


def test_watch_prints_lines_where_there_is_no_terminal(bench, capsys):
    assert bench.ground("watch", "--until", "NodeStatus", "--for", "60") == 0
    lines = capsys.readouterr().out.splitlines()
    assert any("NodeStatus  dictionary=" in line for line in lines)
    assert max(map(len, lines)) <= 100


def test_a_file_that_the_node_sends_lands_in_the_folder(bench):
    bench.flown.send_file("coast.bin", bytes(3000))
    with Client(bench.folder / "s") as client:
        assert client.wait_file("coast.*", timeout_s=60).size_octets == 3000
    assert (bench.folder / "out" / "files" / "coast.bin").read_bytes() == bytes(3000)


def test_watch_writes_json_for_scripts(bench, capsys):
    assert bench.ground("watch", "--until", "NodeStatus", "--for", "60", "--json") == 0
    news = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert (news[-1]["topic"], news[-1]["record"]["report"]) == ("sample", "NodeStatus")


def test_watch_says_what_it_waited_for_in_vain(bench, capsys):
    assert bench.ground("watch", "--until", "Nothing", "--for", "0.05") == 1
    assert "waited 0.05 s in vain for Nothing" in capsys.readouterr().err


def test_watch_draws_where_there_is_one(bench):
    """In a pseudo-terminal, as a process of its own: rich asks the terminal for its size."""
    far, near = pty.openpty()
    words = ["ground", "watch", "--until", "NodeStatus", "--for", "60", "--socket", str(bench.folder / "s")]
    with subprocess.Popen(
        [sys.executable, "-m", "skyrack.cli", *words],
        stdout=near, stderr=near, cwd=ROOT, env={**os.environ, "COLUMNS": "100", "LINES": "40", "TERM": "xterm"},
    ) as process:  # fmt: skip
        os.close(near)
        drawn = b""
        with contextlib.suppress(OSError):  # the terminal's end
            while octets := os.read(far, 4096):
                drawn += octets
    os.close(far)
    assert process.returncode == 0, drawn
    assert b"uptime_s" in drawn
    assert b"command link" in drawn


def test_what_was_kept_is_told_by_the_service_and_by_the_archive_alone(bench, capsys):
    assert bench.ground("command", "lookout.look", "target=coast", "--wait", "--json") == 0
    number = str(json.loads(capsys.readouterr().out)["number"])
    told = []
    for words in (["--socket", str(bench.folder / "s")], ["--archive", str(bench.folder / "out")]):
        assert main(["ground", "show", number, *words]) == 0
        told.append(capsys.readouterr().out)
        assert main(["ground", "list", "commands", "--last", "1", "--json", *words]) == 0
        assert json.loads(capsys.readouterr().out)["name"] == "lookout.look"
        assert main(["ground", "list", "events", *words]) == 0
        assert "LinkAcquired" in capsys.readouterr().out
        assert main(["ground", "plot", "LookoutStatus.load", *words]) == 0
        assert capsys.readouterr().out.startswith("LookoutStatus.load\n")
        assert main(["ground", "show", "99999", *words]) == 1
        assert "no command has number 99999" in capsys.readouterr().err
    assert told[0] == told[1]
    assert f"command {number}  lookout.look target=coast" in told[0]
    assert told[0].splitlines()[-1].endswith("completed")


def test_an_archive_that_is_not_there_is_one_sentence(tmp_path, capsys):
    assert main(["ground", "list", "files", "--archive", str(tmp_path)]) == 1
    assert f"{tmp_path}/archive.db: no archive is there" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_a_service_s_archive_is_checked_while_it_runs_and_copied(bench, capsys):
    out, copy = str(bench.folder / "out"), bench.folder / "copy.db"
    assert main(["ground", "check", out]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0] == f"{bench.folder.resolve()}/out/archive.db"
    assert said[-1] == "its structure is sound"
    assert main(["ground", "rescue", out, "--out", str(copy), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["damaged"]["packets"] == 0
    assert main(["ground", "list", "events", "--archive", str(copy)]) == 0
    assert "LinkAcquired" in capsys.readouterr().out


def test_a_damaged_archive_is_checked_and_rescued_and_stays_as_it_is(tmp_path, capsys):
    (tmp_path / "station").mkdir()
    file, new = tmp_path / "station" / "archive.db", tmp_path / "new.db"
    with contextlib.closing(Archive(file)) as archive:
        archive.write([packet(n, octets=bytes([n]) * 9) for n in range(9)])
    whole = file.read_bytes()
    one = whole.index(bytes([5]) * 9)
    file.write_bytes(whole[:one] + b"x" + whole[one + 1 :])
    assert main(["ground", "check", str(file)]) == 1
    assert "packets      8 whole, 1 damaged" in capsys.readouterr().out.splitlines()
    file.write_bytes(b"x" + file.read_bytes()[1:])
    damaged = file.read_bytes()
    assert main(["ground", "check", str(tmp_path / "station"), "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert (found["fault"], found["whole"]["packets"], found["damaged"]["packets"]) == (
        f"archive {file}: file is not a database of ours", 8, 1,
    )  # fmt: skip
    assert main(["ground", "rescue", str(tmp_path / "station"), "--out", str(new)]) == 0
    assert "packets      8 whole, 1 lost" in capsys.readouterr().out.splitlines()
    assert file.read_bytes() == damaged
    assert main(["ground", "check", str(new)]) == 0
    assert main(["ground", "rescue", str(file), "--out", str(new)]) == 2
    assert main(["ground", "check", str(tmp_path / "nothing")]) == 1
    said = capsys.readouterr().err.splitlines()
    assert said[0].startswith(f"skyrack ground: --out {new} is there already")
    assert said[1] == f"skyrack ground: {tmp_path}/nothing: no archive is there"


@pytest.mark.parametrize(
    ("out", "socket", "reason"),
    [("out", "s2", "a ground service that still runs keeps its files there"), ("out2", "s", "runs there already")],
)
def test_a_second_service_on_the_same_folder_or_socket_is_refused(bench, out, socket, reason, capsys):
    words = ["--port", "udp://127.0.0.1:9", "--dictionary", str(bench.folder / "d.json")]
    folders = ["--out", str(bench.folder / out), "--socket", str(bench.folder / socket)]
    assert main(["ground", "serve", *words, *folders]) == 1
    assert reason in capsys.readouterr().err


@pytest.mark.parametrize(
    ("port", "content", "code", "sentence"),
    [
        ("serial:///dev/ttyNone", None, 1, "no such serial port"),
        ("carrier-pigeon://", None, 2, "expected one of serial://"),
        ("udp://127.0.0.1:9", b"{}", 2, "dictionary"),
        ("udp://127.0.0.1:9", b'{"node": "x", "apid": 1, "managed": {"spacecraft_id": 1}}', 2, "tm_channels"),
    ],
)
def test_what_keeps_the_service_from_starting_is_one_sentence(tmp_path, capsys, port, content, code, sentence):
    (tmp_path / "d.json").write_bytes(DICTIONARY.to_json() if content is None else content)
    words = ["--port", port, "--dictionary", str(tmp_path / "d.json"), "--out", str(tmp_path / "out")]
    assert main(["ground", "serve", *words, "--socket", str(tmp_path / "s")]) == code
    said = capsys.readouterr()
    assert (said.out, said.err.count("\n")) == ("", 1)
    assert sentence in said.err


def test_no_service_is_one_sentence(tmp_path, capsys):
    assert main(["ground", "status", "--socket", str(tmp_path / "s")]) == 1
    assert "no ground service answers at" in capsys.readouterr().err


def test_a_killed_service_has_kept_what_it_showed(tmp_path):
    (tmp_path / "d.json").write_bytes(DICTIONARY.to_json())
    far, near = pty.openpty()
    tty.setraw(near)
    port = f"serial://{os.ttyname(near)}"
    first = serve(tmp_path, port)
    first.stdout.readline()
    with Client(tmp_path / "s") as client:
        client.subscribe("sample")
        os.write(far, Flown().step(0))
        shown = next(client.news(timeout_s=PATIENCE_S))
        first.kill()
        first.communicate()
    second = serve(tmp_path, port)
    second.stdout.readline()
    with Client(tmp_path / "s") as client:
        assert client.history("NodeStatus.uptime_s").time_ns == (shown.time_ns,)
    second.terminate()
    assert second.communicate(timeout=PATIENCE_S) == ("", "")
    os.close(near)
    os.close(far)


def test_a_killed_node_does_not_end_the_service(tmp_path):
    """What a kill leaves of a connection is a reset; then nobody listens for a while, and then the node is back."""
    (tmp_path / "d.json").write_bytes(DICTIONARY.to_json())
    node = socket.create_server(("127.0.0.1", 0))
    address = node.getsockname()
    service = serve(tmp_path, f"tcp://127.0.0.1:{address[1]}")
    service.stdout.readline()
    with Client(tmp_path / "s") as client:
        client.subscribe("sample", "event")
        line, _ = node.accept()
        node.close()
        line.sendall(Flown().step(0))
        heard = next_status(client)
        line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        line.close()
        assert port_event(client) == ("LinkPortAway", f"tcp://127.0.0.1:{address[1]}: Connection reset by peer.")
        with socket.create_server(address) as node:
            assert port_event(client) == ("LinkPortBack", f"tcp://127.0.0.1:{address[1]}: it is there.")
            line, _ = node.accept()
        line.sendall(Flown().step(5 * SECOND))
        assert next_status(client).time_ns > heard.time_ns
        line.close()
    service.terminate()
    assert service.communicate(timeout=PATIENCE_S)[1].splitlines()[:2] == [
        f"skyrack ground: tcp://127.0.0.1:{address[1]}: Connection reset by peer.",
        f"skyrack ground: tcp://127.0.0.1:{address[1]}: it is there.",
    ]


def next_status(client):
    """The next NodeStatus."""
    samples = (record for record in client.news(timeout_s=PATIENCE_S) if isinstance(record, SampleRecord))
    return next(sample for sample in samples if sample.report == "NodeStatus")


def port_event(client):
    """Name and message of the next event about the port."""
    events = (record for record in client.news(timeout_s=PATIENCE_S) if isinstance(record, EventRecord))
    return next((event.name, event.message) for event in events if event.name.startswith("LinkPort"))


@pytest.mark.slow
def test_node_and_ground_find_each_other_again_after_either_was_killed(tmp_path):
    """Real processes: who is killed is started again, and commands pass as before."""
    mission = ROOT / "examples" / "missions" / "coastwatch.toml"
    (tmp_path / "d.json").write_bytes(dictionary_of(load_mission(mission)).to_json())
    with socket.create_server(("127.0.0.1", 0)) as free:
        number = free.getsockname()[1]
    listen = [str(mission), "--port", f"tcp-listen://127.0.0.1:{number}", "--state", str(tmp_path / "node")]

    def fly():
        command = [sys.executable, "-m", "skyrack.cli", "node", *listen]
        node = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, cwd=ROOT)
        assert "flies on" in node.stderr.readline()
        return node

    def serve_and_command():
        service = serve(tmp_path, f"tcp://127.0.0.1:{number}")
        service.stdout.readline()
        ping()
        return service

    def ping():
        with Client(tmp_path / "s") as client:
            client.subscribe("sample")
            next(client.news(timeout_s=60))
            assert client.wait_command(client.command("test.ping").number, timeout_s=60).state == "completed"

    node = fly()
    service = serve_and_command()
    service.kill()
    service.communicate()
    service = serve_and_command()
    node.kill()
    node.communicate()
    node = fly()
    ping()
    for process in (service, node):
        process.terminate()
        process.communicate()
        assert process.returncode == 0
