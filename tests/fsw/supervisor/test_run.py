"""Real processes: whoever of them ends, hangs or stops, a successor does its work, and nobody is left at the end."""

import errno
import os
import py_compile
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from fsw.supervisor.budget import Budget
from fsw.supervisor.messages import BoardError, Chosen, Start
from fsw.supervisor.processes import HostProcesses, Supervised
from fsw.supervisor.run import Supervision
from fsw.supervisor.supervisor import SupervisionLimits, Who
from hal.linux.clock import HostClock
from tests.fsw.jobs.jobs import is_alive
from tests.fsw.supervisor.flights import told
from tests.house.sources import ROOT
from tests.patience import PATIENCE_S


def slow(value):
    return pytest.param(value, marks=pytest.mark.slow)


def descriptors():
    """How many this process has open."""
    return len(list(Path("/proc/self/fd").iterdir()))


class Until:
    """A stop request once a condition holds; meanwhile `act` is called at each look."""

    def __init__(self, condition, act=lambda: None):
        self._condition, self._act = condition, act
        self._end_s = time.monotonic() + PATIENCE_S
        self._reading, self._writing = os.pipe()

    @property
    def requested(self):
        assert time.monotonic() < self._end_s, "it takes too long"
        self._act()
        holds = bool(self._condition())
        if holds:
            os.write(self._writing, b"\0")
        return holds

    def fileno(self):
        return self._reading


class Watch:
    interval_ns = 20_000_000

    def __init__(self):
        self.fed, self.told = 0, []

    def feed(self):
        self.fed += 1

    def report(self, status, *, is_ready):
        self.told.append((status, is_ready))


class Bench:
    """Supervises flights whose notes are in `folder`."""

    def __init__(self, folder):
        self.folder, self.said, self.watch = folder, [], Watch()

    def told(self, what):
        return told(self.folder, what)

    def pids(self, what):
        return [one["pid"] for one in self.told(what)]

    def fly(self, deeds, condition, act=lambda: None, reset=(), restarts_max=5, **limits):
        """Supervise a flight of these deeds until a condition holds; nobody is left then, and no descriptor."""
        plan = Supervised("tests.fsw.supervisor.flights", "load", "modules", (str(self.folder), deeds), reset)
        until, before = Until(condition, act), descriptors()
        Supervision(
            plan,
            HostClock(),
            report=self.said.append,
            loaded=lambda name, state: self.said.append((name, state)),
            watchers=[self.watch],
            budget=Budget(restarts_max, 1, 600),
            limits=SupervisionLimits(**limits),
        ).run(until)
        assert descriptors() == before
        self.check_nobody_is_left()

    def check_nobody_is_left(self):
        everybody = [
            pid for what in ("flights", "loads", "guardians", "orphans", "standbys") for pid in self.pids(what)
        ]
        assert not list(filter(is_alive, everybody))

    def has(self, number, what):
        return lambda: len(self.told(what)) >= number

    def once(self, deed, number, what, *after):
        """Kill, with signal `deed`, the newest process of `what` once there are `number` of each of `after`."""
        killed = []

        def act():
            if not killed and all(self.has(number, one)() for one in (what, *after)):
                killed.append(self.pids(what)[-1])
                os.kill(killed[0], deed)

        return act


@pytest.fixture
def bench(tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    return Bench(tmp_path)


def test_it_flies_until_it_is_to_end(bench):
    bench.fly("flies", lambda: bench.watch.told)
    assert bench.said == [("test", str(bench.folder))]
    assert (len(bench.told("flights")), len(bench.told("ends"))) == (1, 1)
    assert bench.watch.told == [("flies, incarnation 1", True)]
    assert bench.watch.fed


@pytest.mark.requirement("FSW-SUP-012")
def test_what_watches_it_is_fed_at_its_interval_and_only_while_health_is_good(bench, monkeypatch):
    plan, health = Supervised("", "", "", ()), {"is_good": True}
    supervision = Supervision(plan, HostClock(), report=print, loaded=print, watchers=[bench.watch])
    monkeypatch.setattr(supervision._supervisor, "is_healthy", lambda _: health["is_good"])
    fed = []
    for ms in range(10, 100, 10):
        health["is_good"] = ms < 50 or ms >= 80
        supervision._feed(ms * 1_000_000)
        fed.append(bench.watch.fed)
    assert fed == [0, 1, 1, 2, 2, 2, 2, 3, 3]
    supervision._processes.close()


@pytest.mark.parametrize(("kept", "deed"), [(0, "imports"), (3, "imports"), (20, "imports"), (3, "preloads")])
@pytest.mark.requirement("FSW-SUP-001")
def test_a_compiled_module_that_a_power_cut_left_torn_prevents_no_flight(bench, monkeypatch, kept, deed):
    """Python writes them without a sync: a file of the right size, of zeros from some octet on, or a short one."""
    monkeypatch.setenv("PYTHONPATH", f"{ROOT}:{bench.folder}")
    source = bench.folder / "torn.py"
    source.write_text("VALUE = 7\n")
    compiled = Path(py_compile.compile(str(source)))
    head, body = compiled.read_bytes()[:16], compiled.read_bytes()[16:]
    compiled.write_bytes(head + body[:kept] + bytes(len(body) - kept if kept == 3 else 0))
    bench.fly(f"{deed} flies", lambda: bench.watch.told and bench.told("imports"))
    assert bench.told("imports") == [{"value": 7}]
    first, second = bench.pids("loads")
    assert first == second


@pytest.mark.parametrize(
    ("deed", "cause"),
    [("raises", "exception"), ("ends", "ended"), ("commanded", "commanded"), ("leaves", "SIGKILL")],
)
@pytest.mark.requirement("FSW-SUP-001")
def test_whatever_ends_it_another_one_is_forked_and_told_why(bench, deed, cause):
    bench.fly(f"{deed} flies", bench.has(2, "flights"))
    first, second = bench.told("flights")[:2]
    assert (second["cause"], second["counts"], second["incarnation"]) == (cause, {cause: 1}, 2)
    assert first["warm"] == second["warm"] == bench.pids("loads")[0]
    assert bench.said[1] == f"the executive ended ({cause}); it is started again"


@pytest.mark.parametrize("deed", ["hangs", "stops"])
@pytest.mark.requirement("FSW-SUP-002")
def test_one_that_hangs_is_killed_and_followed(bench, deed):
    bench.fly(f"{deed} flies", bench.has(2, "flights"), silence_s=0.5)
    assert bench.told("flights")[1]["cause"] == "hang"


@pytest.mark.requirement("FSW-SUP-004")
def test_what_crashes_again_and_again_begins_in_safe_mode_then_a_reset_is_asked_for_then_beacons_are_sent(bench):
    reset = ("touch", str(bench.folder / "reset"))
    bench.fly("crashes", bench.has(1, "beacons"), restarts_max=1, reset=reset, reset_s=0.1)
    assert (bench.folder / "reset").exists()
    assert bench.told("beacons") == [{"cause": "SIGSEGV", "failures": 4}]
    assert "the executive ended (SIGSEGV); a reset of the board is asked for" in bench.said


def test_a_node_that_asks_for_a_reset_has_the_board_reset(bench):
    reset = ("touch", str(bench.folder / "reset"))
    bench.fly("resets flies", bench.has(2, "flights"), reset=reset, reset_s=0.1)
    assert (bench.folder / "reset").exists()
    assert bench.told("flights")[1]["cause"] == "reset asked"


@pytest.mark.parametrize("number", [signal.SIGKILL, slow(signal.SIGSEGV), slow(signal.SIGSTOP)])
@pytest.mark.requirement("FSW-SUP-010")
def test_a_killed_or_stopped_warm_process_costs_the_flight_nothing(bench, number):
    """One that is stopped is found out when it is needed."""
    act = bench.once(number, 1, "loads", "flights")
    if number == signal.SIGSTOP:
        kill = bench.once(signal.SIGKILL, 1, "flights")
        bench.fly("flies", bench.has(2, "flights"), lambda: (act(), kill()), starting_s=1.0)
        assert bench.told("flights")[1]["warm"] == bench.pids("loads")[1]
    else:
        bench.fly("flies", bench.has(2, "loads"), act)
        assert len(bench.told("flights")) == 1


def called(pid):
    """The name by which a list of processes shows this one; "" where it is gone."""
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return ""


@pytest.mark.requirement("FSW-SUP-017")
def test_a_standby_takes_the_place_of_an_executive_also_without_the_warm_process(bench):
    killed = []

    def act():
        if not killed and [called(pid) for pid in bench.pids("standbys")] == ["standby"]:
            killed.extend([*bench.pids("loads"), *bench.pids("flights")])
            for pid in killed:
                os.kill(pid, signal.SIGKILL)

    bench.fly("flies", bench.has(2, "flights"), act)
    first, second = bench.told("flights")
    assert called(second["pid"]) == ""
    assert [second["pid"]] == bench.pids("standbys")
    assert (second["cause"], second["warm"]) == ("SIGKILL", first["warm"])


@pytest.mark.requirement("FSW-SUP-017")
def test_a_standby_that_is_not_ready_ends_and_an_executive_is_forked(bench):
    bench.fly("dawdles", bench.has(2, "flights"), bench.once(signal.SIGKILL, 1, "flights", "standbys"))
    assert bench.pids("flights")[1] not in bench.pids("standbys")


@pytest.mark.slow
def test_a_standby_that_is_killed_is_followed_by_another(bench):
    bench.fly("flies", bench.has(2, "standbys"), bench.once(signal.SIGKILL, 1, "standbys"))
    assert len(bench.told("flights")) == 1


@pytest.mark.parametrize("number", [signal.SIGKILL, slow(signal.SIGSEGV)])
def test_jobs_outlive_their_guardian(bench, number):
    first = []

    def is_over():
        first.extend(bench.told("outcomes")[len(first) :])
        return len(bench.told("guardians")) == 2 and len(first) > bench.count + 2

    bench.count = 1 << 30
    kill = bench.once(number, 1, "guardians", "outcomes")

    def act():
        kill()
        if len(bench.told("guardians")) == 2 and bench.count == 1 << 30:
            bench.count = len(bench.told("outcomes"))

    bench.fly("works", is_over, act)
    assert {one["failure"] for one in bench.told("outcomes")} == {""}
    assert len(bench.told("flights")) == 1


def test_a_new_executive_has_workers_of_the_same_guardian(bench):
    kill = bench.once(signal.SIGKILL, 1, "flights", "outcomes")
    bench.fly("works", lambda: len(bench.told("flights")) == 2 and kill_count(bench) > 3, kill)
    assert len(bench.told("guardians")) == 1
    assert {one["failure"] for one in bench.told("outcomes")} == {""}


def kill_count(bench):
    return len(bench.told("outcomes"))


@pytest.mark.parametrize(
    ("deeds", "error", "words"),
    [
        ("refuses", FileNotFoundError, "no such file"),
        ("cannot be loaded", BoardError, "ValueError: it cannot be loaded"),
        ("dies", BoardError, "the warm process ended before it was ready (SIGKILL)"),
    ],
)
def test_a_mistake_at_the_beginning_is_raised(bench, deeds, error, words):
    with pytest.raises(error, match=re.escape(words)):
        bench.fly(deeds, lambda: False)
    bench.check_nobody_is_left()


def test_one_asked_to_end_that_does_not_is_killed(bench):
    bench.fly("hangs", lambda: bench.watch.told, ending_s=0.2)
    assert bench.told("ends") == []


SUPERVISOR = """
import sys
from hal.linux.clock import HostClock
from fsw.supervisor.processes import Supervised
from fsw.supervisor.run import Supervision
from fsw.supervisor.supervisor import SupervisionLimits
from skyrack.options.stop_signal import StopSignal
from tests.patience import PATIENCE_S
plan = Supervised("tests.fsw.supervisor.flights", "load", "modules", (sys.argv[1], "works"))
with StopSignal() as stop:
    Supervision(plan, HostClock(), report=print, loaded=print, limits=SupervisionLimits(*5 * [PATIENCE_S])).run(stop)
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, slow(signal.SIGSEGV), signal.SIGTERM])
@pytest.mark.requirement("FSW-SUP-011")
def test_with_the_supervisor_everybody_ends(bench, number):
    words = [sys.executable, "-c", SUPERVISOR, str(bench.folder)]
    with subprocess.Popen(words, cwd=ROOT, stdout=subprocess.DEVNULL) as supervisor:
        end_s = time.monotonic() + PATIENCE_S
        while not bench.told("outcomes"):
            assert time.monotonic() < end_s
            time.sleep(0.01)
        supervisor.send_signal(number)
        assert supervisor.wait(PATIENCE_S) == (0 if number == signal.SIGTERM else -number)
    everybody = [pid for what in ("flights", "loads", "guardians", "standbys") for pid in bench.pids(what)]
    while any(map(is_alive, everybody)):
        assert time.monotonic() < end_s
        time.sleep(0.01)
    if number == signal.SIGTERM:  # else the executive may see that its lifeline is cut, or be killed before that
        assert len(bench.told("ends")) == 1


@pytest.mark.requirement("FSW-SUP-009")
def test_a_supervisor_imports_nothing_heavy():
    code = "import sys, fsw.supervisor.run; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert not {"numpy", "msgspec", "_csrc", "subprocess", "dataclasses", "fsw.node"} & set(loaded.split())


def test_a_supervisor_that_is_to_end_does_not_spin(bench):
    """Its stop request stays readable until the end, which takes a while here."""
    before_s = time.process_time()
    bench.fly("hangs", lambda: bench.watch.told, ending_s=1.0)
    assert time.process_time() - before_s < 0.5


@pytest.mark.requirement("FSW-SUP-010")
def test_a_stopped_warm_process_never_blocks_its_supervisor(bench, monkeypatch):
    """Its socket fills up with what it does not read, and then an order is refused."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    processes = HostProcesses(Supervised("tests.fsw.supervisor.flights", "load", "modules", ("", "")), print, str)
    processes.start(Who.WARM)
    os.kill(processes._pids[Who.WARM], signal.SIGSTOP)
    refused = 0
    for _ in range(5000):
        try:
            processes.order(Start(1, "", {}, is_safe=False))
        except BlockingIOError:
            refused += 1
            break
        processes.send_beacon("hang", 1)
    assert refused
    processes.kill(Who.WARM)
    processes.close()


def chosen(*choosing, uncounted=0):
    plan = Supervised("", "", "", (), choosing=choosing)
    processes, before = HostProcesses(plan, print, str), descriptors()
    found = processes.choose(uncounted)
    assert descriptors() == before
    processes.close()
    return found


@pytest.mark.parametrize("deed", ["answers", slow("never ends")])
def test_the_software_is_chosen_by_a_process(bench, deed):
    assert chosen() == Chosen()
    assert chosen("tests.fsw.supervisor.flights", "choice", deed, uncounted=3) == Chosen("A", "2", complaint="3")


@pytest.mark.parametrize("deed", ["raises", slow("dies"), slow("is of another version")])
def test_where_nothing_is_chosen_what_is_installed_is_started_and_told(bench, deed):
    found = chosen("tests.fsw.supervisor.flights", "choice", deed)
    assert found == Chosen(is_counted=False, complaint="no software could be chosen")


def test_no_standby_is_asked_of_a_warm_process_that_did_not_say_that_it_knows_them():
    processes = HostProcesses(Supervised("tests.fsw.supervisor.flights", "load", "modules", ("", "")), print, str)
    processes.stand_by()
    processes._sockets[Who.WARM], theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    theirs.send(b'{"stands_by": true}')
    assert [news.message for news in processes._messages()] == [{"stands_by": True}]
    processes.stand_by()
    assert theirs.recv(100) == b'{"standby": true}'
    theirs.close()
    processes.close()


def test_a_standby_whose_end_is_only_seen_by_its_socket_takes_no_order():
    processes = HostProcesses(Supervised("tests.fsw.supervisor.flights", "load", "modules", ("", "")), print, str)
    processes._sockets[Who.STANDBY], theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    processes._pids[Who.STANDBY] = os.getpid()  # which has not ended yet
    theirs.send(b'{"waits": true}')
    assert (list(processes._messages()), processes.has_standby) == ([], True)
    theirs.close()
    assert (list(processes._messages()), processes.has_standby) == ([], False)
    del processes._pids[Who.STANDBY]
    processes.close()


def test_without_a_descriptor_to_spare_processes_are_still_started_and_buried(monkeypatch):
    """The supervisor is the last that lives: a full table of files must not end it."""
    processes = HostProcesses(Supervised("tests.fsw.supervisor.flights", "load", "modules", ("", "")), print, str)

    def fails(*_, **__):
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    with monkeypatch.context() as without:
        without.setattr(os, "pidfd_open", fails)
        without.setattr("fsw.supervisor.processes.children", fails)
        without.setattr("fsw.supervisor.processes.end_children", fails)
        processes._strangers = []
        pids = [os.posix_spawn("/bin/true", ["true"], {}) for _ in range(2)]
        processes._know(Who.EXECUTIVE, pids[0])
        os.waitid(os.P_PID, pids[0], os.WEXITED | os.WNOWAIT)
        assert [news.who for news in processes.wait(0, [])] == [Who.EXECUTIVE]
        processes._know(Who.STANDBY, pids[1])
        processes._sockets[Who.STANDBY], theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        processes.has_standby = True
        assert processes._order_standby({})
        processes._plan = processes._plan._replace(choosing=("module", "name"))
        without.setattr(os, "pipe", fails)
        assert "Too many open files" in processes.choose(0).complaint
    theirs.close()
    processes._strangers = None
    processes.close()
