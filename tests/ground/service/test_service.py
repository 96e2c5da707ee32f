"""The service with a real Unix socket and a real port, and a station that does what it is told."""

import asyncio
import json
import os
import signal
import socket
import stat
import threading
import time
from dataclasses import dataclass, field

import msgspec
import pytest
from msgspec.structs import replace

from ground.errors import ArchiveError, ServiceError, ServiceRefusedError, WaitError
from ground.records import (
    ArchiveRecord,
    CommandRecord,
    CommandStage,
    EventRecord,
    FileRecord,
    GroundRecord,
    LinkRecord,
    SampleRecord,
    Status,
)
from ground.service import api
from ground.service.client import Client
from ground.service.service import Service
from hal.linux.clock import HostClock
from hal.linux.lasting_port import LastingPort
from hal.linux.socket_port import SocketLine
from hal.port import PortClosed, PortNews
from tests.patience import PATIENCE_S


def sample(n: int, report: str = "power") -> SampleRecord:
    return SampleRecord(report=report, time_ns=n, received_ns=n, values={"bus": n})


def command(*stages: str, state: str = "started") -> CommandRecord:
    return CommandRecord(
        number=1, name="a.b", arguments={}, request="1/1", sent_ns=1, state=state,
        stages=tuple(CommandStage(name=name, received_ns=1) for name in stages),
    )  # fmt: skip


STATUS = Status(
    node="coastwatch", dictionary="1", node_dictionary=None, port="pair", now_ns=0, begun_ns=0, linked=False,
    link=LinkRecord(), archive=ArchiveRecord(), commands={}, transfers=(),
)  # fmt: skip


@dataclass
class FakeStation:
    """Echoes what it receives in capitals, and wakes once."""

    next_wake_ns: int | None = 0
    steps: int = 0
    output: bytes = b""
    ended: bool = False
    tells_status: bool = False
    news: list[GroundRecord] = field(default_factory=list)
    files: list[FileRecord] = field(default_factory=list)
    port_news: list[PortNews] = field(default_factory=list)

    def feed(self, octets, now):
        self.output += octets.upper()

    def report_port(self, news, now):
        self.port_news.append(news)

    def step(self, now):
        self.steps += 1
        self.next_wake_ns = now.monotonic_ns + 5_000_000 if self.steps < 3 else None

    @property
    def busy(self):
        return bool(self.output)

    def pop_withdrawal(self):
        return False

    def end(self, now):
        self.ended = True

    def wrote(self, count, held, now):
        self.output = self.output[count:]

    def drain_news(self):
        taken, self.news = self.news, []
        return taken

    def answer(self, request, now):
        match request:
            case api.SendCommand(name="news"):
                self.news = [sample(n) for n in range(request.arguments["count"])]
                return command("released", state="released")
            case api.SendCommand(name="live"):
                self.news = [
                    command("released", "accepted"),
                    command("released", "accepted", "done", state="completed"),
                ]
                return command("released", state="released")
            case api.SendCommand(name="file"):
                self.news = [FileRecord(name="a.product", size_octets=1, transaction="1", begun_ns=1, received_ns=9)]
                return command("released", state="released")
            case api.SendCommand(name="odd"):
                odd = FileRecord(name="caf\udce9", size_octets=1, transaction="1", begun_ns=1, received_ns=9)
                self.news = [odd, sample(1)]
                return command("released", state="released")
            case api.SendCommand(name="broken"):
                raise ArchiveError("archive: the disk is full")
            case api.SendCommand():
                raise ValueError(f"no command is called {request.name}")
            case api.GetStatus() if self.tells_status:
                return replace(STATUS, now_ns=now.utc_ns)
            case api.ListFiles():
                return self.files
            case api.ListCommands():
                return [command("released")]
            case api.ListEvents():
                return [
                    EventRecord(
                        origin="node", severity="low", name="cold", message="", time_ns=1, received_ns=1, count=0,
                        values={},
                    )
                ]  # fmt: skip
        raise AssertionError(request)


def port_over(near_end: socket.socket) -> LastingPort:
    """A port whose line, once lost, is not to be had again."""
    clock = HostClock()

    def reopen():
        raise OSError("nobody there")

    return LastingPort("pair", clock, line=SocketLine(near_end, "pair"), reopen=reopen)


@dataclass
class Running:
    path: object
    station: FakeStation
    far_end: socket.socket
    thread: threading.Thread
    service: Service
    errors: list[BaseException]

    def finish(self):
        self.service._loop.call_soon_threadsafe(self.service.stop)
        self.thread.join(5)
        assert not self.thread.is_alive()


@pytest.fixture
def running(tmp_path, monkeypatch):
    monkeypatch.setattr("ground.service.service._SIGNALS", ())  # belong to the main thread
    monkeypatch.setattr("ground.service.service.STATUS_PERIOD_S", 0.01)
    far_end, near_end = socket.socketpair()
    station, errors, path, ready = FakeStation(), [], tmp_path / "s" / "ground.sock", threading.Event()
    service = Service(station, station.answer, port_over(near_end), HostClock())

    def run():
        try:
            asyncio.run(service.run(path, ready.set))
        except OSError as error:
            errors.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    assert ready.wait(PATIENCE_S)
    found = Running(path, station, far_end, thread, service, errors)
    yield found
    if thread.is_alive():
        found.finish()
    far_end.close()
    assert not errors


def test_the_socket_is_the_owners_alone(running):
    assert stat.S_IMODE(running.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(running.path.parent.stat().st_mode) == 0o700


def test_octets_go_to_the_station_and_back_and_it_is_stepped_when_it_wants(running):
    running.far_end.settimeout(PATIENCE_S)
    running.far_end.sendall(b"hello")
    assert running.far_end.recv(100) == b"HELLO"
    while running.station.next_wake_ns is not None:
        time.sleep(0.001)
    assert running.station.steps >= 3


def test_refusals_carry_a_code_and_one_sentence(running):
    with Client(running.path) as client:
        for name, code, message in [
            ("nothing", "invalid", "no command is called nothing"),
            ("broken", "archive", "archive: the disk is full"),
        ]:
            with pytest.raises(ServiceRefusedError, match=message) as refused:
                client.command(name)
            assert refused.value.refusal == code


@pytest.mark.parametrize(
    ("line", "number", "message"),
    [
        (b'{"do": "commands", "id": 3, "limt": 5}', 3, "unknown field `limt`"),
        (b'{"do": "commands", "id": 3, "limit": 0}', 3, "limit = 0, expected 1"),
        (b'{"do": "dance", "id": 4}', 4, "'dance'"),
        (b'{"do": "command", "id": 5}', 5, "`name`"),
        (b"\xff\xfe", None, "not understood"),
        (b'["status"]', None, "not understood"),
        (b'{"do": "command", "name": ' + b"[" * 5000, None, "not understood"),
    ],
)
def test_a_wrong_line_is_refused_and_the_next_one_served(running, line, number, message):
    with socket.socket(socket.AF_UNIX) as raw:
        raw.connect(str(running.path))
        raw.sendall(line + b'\n{"do": "files", "id": 8}\n')
        refusal, reply = map(json.loads, _lines(raw, 2))
    assert (refusal["is"], refusal["id"], refusal["code"]) == ("refusal", number, "invalid")
    assert message in refusal["message"]
    assert reply == {"is": "reply", "id": 8, "result": []}


def _lines(connection, count):
    with connection.makefile("rb") as stream:
        return [stream.readline() for _ in range(count)]


def test_an_endless_line_ends_the_conversation(running):
    with socket.socket(socket.AF_UNIX) as raw:
        raw.connect(str(running.path))
        raw.settimeout(PATIENCE_S)
        raw.sendall(b"x" * (api.LINE_OCTETS_MAX + 1))
        assert json.loads(raw.makefile("rb").read()) == {
            "is": "refusal", "id": None, "code": "malformed",
            "message": f"a line is longer than {api.LINE_OCTETS_MAX} octets",
        }  # fmt: skip


def test_news_come_to_who_subscribed_newest_state_last(running):
    with Client(running.path) as client, Client(running.path) as other:
        client.subscribe("sample")
        other.command("news", {"count": 3})
        assert [record.values["bus"] for record in client.news(0.2)][-1] == 2
        assert list(other.news(0.05)) == []


def test_the_status_comes_again_and_again_to_who_subscribed(running):
    running.station.tells_status = True
    with Client(running.path) as client:
        client.subscribe("status")
        news = client.news(PATIENCE_S)
        first, second = next(news), next(news)
        assert replace(second, now_ns=first.now_ns) == first == replace(STATUS, now_ns=first.now_ns)
        assert second.now_ns > first.now_ns
    assert running.service._duties.failed == {}


def test_topics_add_up(running):
    with Client(running.path) as client, Client(running.path) as other:
        client.subscribe("sample")
        client.subscribe("file")
        other.command("news", {"count": 1})
        other.command("file")
        news = client.news(PATIENCE_S)
        assert {type(next(news)) for _ in range(2)} == {SampleRecord, FileRecord}


def test_the_end_of_the_port_ends_the_service_and_is_the_reason(running):
    running.service._loop.call_soon_threadsafe(running.service._port.close)
    running.service._loop.call_soon_threadsafe(running.service._guarded, running.service._read)
    running.thread.join(PATIENCE_S)
    assert not running.thread.is_alive()
    assert isinstance(running.errors.pop(), PortClosed)
    assert running.station.ended
    assert not running.path.exists()


def test_a_command_is_seen_stage_by_stage(running):
    stages = []
    with Client(running.path) as client:
        client.subscribe("command")
        client.command("live")
        done = client.wait_command(1, timeout_s=PATIENCE_S, on_stage=lambda stage: stages.append(stage.name))
    assert done.state == "completed"
    assert stages == ["released", "accepted", "done"]


def test_waiting_for_files_and_events(running):
    with Client(running.path) as client, Client(running.path) as other:
        assert client.wait_event("c*", timeout_s=1).name == "cold"
        with pytest.raises(WaitError, match=r"0\.05 s in vain for a file \*\.product"):
            client.wait_file("*.product", timeout_s=0.05)
        other.command("file")
        assert client.wait_file("*.product", timeout_s=PATIENCE_S).received_ns == 9
        running.station.files = [FileRecord(name="b", size_octets=1, transaction="2", begun_ns=1, received_ns=9)]
        assert client.wait_file("b", timeout_s=PATIENCE_S).transaction == "2"


def test_news_that_nobody_fetches_or_understands_are_counted(running, monkeypatch):
    monkeypatch.setattr("ground.service.client.NEWS_MAX", 2)
    with Client(running.path) as client, Client(running.path) as other:
        client.subscribe("event", "sample")
        for number in range(5):
            client._accept_news(api.News(topic="event", record={"name": "newer than this program", "number": number}))
        for number in range(3):
            client._accept_news(api.News(topic="sample", record=msgspec.to_builtins(sample(number))))
        assert (client.unreadable, client.dropped) == (5, 1)
        other.command("odd")
        assert [record.received_ns for record in client.news(0.2)] == [1, 2, 1]


def test_a_client_that_never_reads_hurts_nobody(running):
    with Client(running.path) as deaf, Client(running.path) as client:
        deaf.subscribe("sample", "file")
        for _ in range(20):
            client.command("news", {"count": 5000})
        assert client.files() == []


def test_news_that_find_no_room_and_clients_that_find_none_are_counted(running, monkeypatch):
    monkeypatch.setattr("ground.service.service.CLIENTS_MAX", 2)
    dropped = running.service._duties.dropped
    with Client(running.path) as client, Client(running.path) as other, Client(running.path) as third:
        client.subscribe("sample")
        with pytest.raises(
            (ServiceRefusedError, ServiceError)
        ) as refused:  # it may hear only that nobody listens any more
            third.files()
        if isinstance(refused.value, ServiceRefusedError):
            assert (refused.value.refusal, str(refused.value)) == ("busy", "2 clients are connected already")
        next(iter(running.service._clients)).feed.topics = frozenset({"sample"})
        for one in running.service._clients:
            one.feed.capacity = 0
        other.command("news", {"count": 3})
    assert (dropped["clients"], dropped["news for slow clients"] > 0) == (1, True)


def test_one_client_too_many_hears_so(running, monkeypatch):
    monkeypatch.setattr("ground.service.service.CLIENTS_MAX", 1)
    with Client(running.path) as client, socket.socket(socket.AF_UNIX) as other:
        assert client.files() == []
        other.connect(str(running.path))
        other.settimeout(PATIENCE_S)
        assert json.loads(other.makefile("rb").read()) == {
            "is": "refusal", "id": None, "code": "busy", "message": "1 clients are connected already",
        }  # fmt: skip


def test_who_left_makes_room_for_others(running, monkeypatch):
    monkeypatch.setattr("ground.service.service.CLIENTS_MAX", 1)
    for _ in range(3):
        with Client(running.path) as client:
            assert client.files() == []
        while running.service._clients:
            time.sleep(0.001)


def test_a_station_that_cannot_end_well_keeps_no_service_running(running, caplog):
    def end(now):
        raise KeyError("a bug")

    running.station.end = end
    running.finish()
    assert running.service._duties.failed == {"ending": 1}
    assert not running.path.exists()


def test_what_goes_wrong_with_one_record_or_request_goes_wrong_alone(running, caplog):
    def observe(record):
        raise KeyError("a bug")

    running.service._observe = observe
    with Client(running.path) as client, Client(running.path) as other:
        client.subscribe("file", "sample")
        other.command("odd")
        assert next(client.news(5)) == sample(1)
        with pytest.raises(ServiceRefusedError, match=r"^the service failed at this; its log says how$") as refused:
            other.status()
        assert refused.value.refusal == "failed"
        assert other.files() == []
    assert set(running.service._duties.failed) == {"observing", "answering a client", "sending news to a client"}


def test_the_service_outlives_its_port_and_the_station_hears_of_it(running):
    running.far_end.close()
    while not running.station.port_news:
        time.sleep(0.001)
    assert running.station.port_news == [PortNews("away", "pair: the other end closed the connection")]
    with Client(running.path) as client:
        assert client.files() == []


def test_the_end_of_the_service_leaves_nothing_behind(running, caplog):
    with Client(running.path) as client:
        assert client.files() == []
        running.finish()
        with pytest.raises(ServiceError, match="went away"):
            client.files()
    assert not caplog.records  # what asyncio has to say would be a traceback on stderr
    assert not running.path.exists()
    with pytest.raises(ServiceError, match="no ground service answers"):
        Client(running.path)


def test_a_second_service_is_refused_and_a_stale_socket_replaced(running, tmp_path):
    far_end, near_end = socket.socketpair()
    second = Service(FakeStation(), None, port_over(near_end), HostClock())
    with pytest.raises(ServiceError, match="runs there already"):
        asyncio.run(second.run(running.path))
    (tmp_path / "note").write_text("a file")
    with pytest.raises(ServiceError, match="no socket is in the way"):
        asyncio.run(second.run(tmp_path / "note"))
    stale = tmp_path / "stale"
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(stale))
    asyncio.run(_run_and_stop(second, stale))
    assert not stale.exists()
    far_end.close()


async def _run_and_stop(service, path):
    task = asyncio.create_task(service.run(path))
    await asyncio.sleep(0)
    await asyncio.sleep(0.01)
    service.stop()
    await task


def test_a_path_too_long_for_a_socket_is_refused(tmp_path):
    with pytest.raises(ValueError, match="longer than 107 octets"):
        Client(tmp_path / ("x" * 120))


def test_a_signal_ends_the_service_in_good_order(tmp_path):
    far_end, near_end = socket.socketpair()
    service = Service(station := FakeStation(), None, port_over(near_end), HostClock())

    async def run_and_signal():
        asyncio.get_running_loop().call_later(0.02, os.kill, os.getpid(), signal.SIGTERM)
        await service.run(tmp_path / "ground.sock")

    asyncio.run(run_and_signal())
    assert not (tmp_path / "ground.sock").exists()
    assert station.ended
    far_end.close()
