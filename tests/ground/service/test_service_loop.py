"""What the service asks of its event loop, its port and its station, one call at a time and without waiting."""

from dataclasses import dataclass, field

import pytest

from ground.records import EventRecord
from ground.service.service import PORT_HOLDS_MAX, READ_OCTETS, Service
from ground.station.duties import Duties
from hal.clock import Moment
from hal.port import PortClosed, PortNews, PortState
from hal.sim.clock import VirtualClock
from tests.ground.archive.test_archive import event

DESCRIPTOR, LINE = 7, 8


@dataclass
class Timer:
    delay_s: float
    call: tuple
    cancelled: bool = False

    def cancel(self):
        self.cancelled = True


@dataclass
class Loop:
    """Timers that were set, descriptors that are watched, and the end of the service."""

    timers: list[Timer] = field(default_factory=list)
    readers: dict[int, tuple] = field(default_factory=dict)
    ended: list = field(default_factory=list)

    def call_later(self, delay_s, *call):
        self.timers.append(Timer(delay_s, call))
        return self.timers[-1]

    def add_reader(self, descriptor, *call):
        self.readers[descriptor] = call

    def remove_reader(self, descriptor):
        return self.readers.pop(descriptor, None) is not None

    def add_signal_handler(self, number, call):
        self.readers[f"signal {number}"] = (call,)

    def remove_signal_handler(self, number):
        return self.readers.pop(f"signal {number}") is not None

    def due(self):
        """The timers that still run, with what they do."""
        return [(one.delay_s, one.call[-1].__name__) for one in self.timers if not one.cancelled]

    def fire(self, name):
        """Let the last timer that does `name` expire."""
        timer = next(one for one in reversed(self.timers) if one.call[-1].__name__ == name and not one.cancelled)
        call, *arguments = timer.call
        call(*arguments)


class Ended:
    """The future that ends `run`."""

    def __init__(self):
        self.result = None

    def done(self):
        return self.result is not None

    def set_result(self, result):
        assert not self.done()
        self.result = "stopped"

    def set_exception(self, error):
        assert not self.done()
        self.result = error


class Port:
    def __init__(self):
        self.state, self.next_wake_ns, self.room = PortState("uart"), None, 4096
        self.arrived, self.out, self.asked, self.is_closed = b"", b"", [], False

    def fileno(self):
        return DESCRIPTOR

    def line_fileno(self):
        return LINE

    def read(self, size_max):
        if self.is_closed:
            raise PortClosed("uart: closed")
        self.asked.append(size_max)
        taken, self.arrived = self.arrived, b""
        return taken

    def write(self, octets):
        self.out += octets[: self.room]
        return min(self.room, len(octets))


class Station:
    """Does as it is told, and writes down what it hears."""

    def __init__(self):
        self.next_wake_ns, self.output, self.busy, self.withdrawn, self.news = None, b"", False, False, []
        self.heard = []

    def feed(self, octets, now):
        self.heard.append(("feed", octets, now))

    def report_port(self, news, now):
        self.heard.append(("port", news, now))

    def step(self, now):
        self.heard.append(("step", now))

    def pop_withdrawal(self):
        taken, self.withdrawn = self.withdrawn, False
        return taken

    def emptied(self):
        self.heard.append(("emptied",))

    def wrote(self, count, held, now):
        self.heard.append(("wrote", count, held, now))
        self.output = self.output[count:]

    def drain_news(self):
        taken, self.news = self.news, []
        return taken


class Bench:
    def __init__(self, monkeypatch):
        self.loop, self.port, self.station, self.clock = Loop(), Port(), Station(), VirtualClock()
        self.held, self.forgets, self.asked_of = 0, True, set()
        self.observed, self.duties = [], Duties()
        monkeypatch.setattr("ground.service.service.held_octets", self.held_octets)
        monkeypatch.setattr("ground.service.service.forget_held", self.forget_held)
        self.service = Service(self.station, None, self.port, self.clock, self.observed.append, self.duties)
        self.service._loop, self.service._ended = self.loop, Ended()
        self.service._attach()
        self.clock.advance(1000)

    def held_octets(self, descriptor):
        self.asked_of.add(descriptor)
        return self.held

    def forget_held(self, descriptor):
        self.asked_of.add(descriptor)
        return self.forgets

    @property
    def now(self):
        return Moment.of(self.clock)

    def arrive(self, octets=b""):
        """What the loop does when the port is readable; what the station hears of it."""
        self.port.arrived = octets
        self.station.heard.clear()
        call, *arguments = self.loop.readers[DESCRIPTOR]
        call(*arguments)
        return self.station.heard


@pytest.fixture
def bench(monkeypatch):
    return Bench(monkeypatch)


def test_octets_are_received_and_the_station_stepped_at_once(bench):
    assert bench.arrive(b"hello") == [("feed", b"hello", bench.now), ("step", bench.now)]
    assert set(bench.port.asked) == {READ_OCTETS}
    assert bench.loop.due() == []


def test_the_station_is_stepped_when_it_or_the_port_wants_it(bench):
    for station_ns, port_ns, delay_s in ((5_000_001_000, None, 5), (5_000_001_000, 2_000_001_000, 2), (None, 500, 0)):
        bench.station.next_wake_ns, bench.port.next_wake_ns = station_ns, port_ns
        bench.arrive()
        assert bench.loop.due() == [(delay_s, "_read")]
    bench.station.heard.clear()
    bench.loop.fire("_read")
    assert bench.station.heard == [("feed", b"", bench.now), ("step", bench.now)]


def test_it_writes_while_the_ports_buffers_have_room(bench):
    bench.station.output = b"x" * 100
    bench.port.room = 40
    assert bench.arrive()[2:] == [("wrote", 40, 0, bench.now)]  # taken in part: it is full
    assert bench.arrive()[2:] == [("wrote", 40, 0, bench.now)]
    assert bench.arrive()[2:] == [("wrote", 20, 0, bench.now)]
    assert bench.port.out == b"x" * 100
    bench.station.output, bench.held = b"y", PORT_HOLDS_MAX
    assert bench.arrive()[2:] == []
    bench.held = PORT_HOLDS_MAX - 1
    assert bench.arrive()[2:] == [("wrote", 1, PORT_HOLDS_MAX - 1, bench.now)]
    assert bench.asked_of == {LINE}


def test_buffers_that_drain_are_looked_at_again_until_nothing_is_left(bench):
    bench.station.busy, bench.held = True, 30
    bench.arrive()
    assert bench.loop.due() == [(0.005, "_resume")]
    bench.station.heard.clear()
    bench.station.output, bench.held = b"more", 0
    bench.loop.fire("_resume")
    assert bench.station.heard == [("wrote", 0, 0, bench.now), ("wrote", 4, 0, bench.now)]
    assert bench.loop.due() == [(0.005, "_resume")]
    bench.station.busy = False
    bench.loop.fire("_resume")
    assert bench.loop.due() == []


def test_a_full_port_tells_by_itself_when_it_has_room(bench):
    bench.station.busy, bench.station.output, bench.port.room = True, b"x" * 100, 40
    bench.arrive()
    assert bench.loop.due() == []


@pytest.mark.parametrize(("withdrawn", "forgets", "told"), [(1, 1, True), (1, 0, False), (0, 1, False)])
def test_the_station_hears_that_the_port_is_empty_only_where_it_is(bench, withdrawn, forgets, told):
    bench.station.withdrawn, bench.forgets = bool(withdrawn), bool(forgets)
    assert (("emptied",) in bench.arrive()) == told


def test_changes_of_the_port_are_told_once(bench):
    bench.port.state = PortState("uart", away="uart: unplugged", losses=1)
    assert bench.arrive()[1:] == [("port", PortNews("away", "uart: unplugged"), bench.now), ("step", bench.now)]
    assert bench.arrive()[1:] == [("step", bench.now)]
    bench.port.state = PortState("uart", losses=1)
    assert bench.arrive()[1][1] == PortNews("back", "uart: it is there")


def test_all_news_are_observed(bench):
    bench.station.news = [event(1), event(2)]
    bench.arrive()
    assert bench.observed == [event(1), event(2)]
    assert all(isinstance(one, EventRecord) for one in bench.observed)


def test_a_port_that_was_closed_ends_the_service_once_and_is_the_reason(bench):
    bench.port.is_closed = True
    bench.arrive()
    assert isinstance(bench.service._ended.result, PortClosed)
    assert DESCRIPTOR not in bench.loop.readers
    bench.service._guarded(bench.service._read)
    assert str(bench.service._ended.result) == "uart: closed"
    bench.service.stop()
    assert isinstance(bench.service._ended.result, PortClosed)


@pytest.mark.parametrize("timer", ["_read", "_resume"])
def test_a_port_that_is_found_closed_later_ends_the_service_too(bench, timer):
    def closed(_):
        raise PortClosed("uart: closed")

    bench.station.busy, bench.station.next_wake_ns = True, 10**12
    bench.arrive()
    bench.station.output = b"x"
    bench.port.read = bench.port.write = closed
    bench.loop.fire(timer)
    assert isinstance(bench.service._ended.result, PortClosed)


def test_it_is_stopped_once_by_either_signal(bench):
    assert sorted(str(one) for one in bench.loop.readers) == ["7", "signal 15", "signal 2"]
    for number in (2, 15):
        (stop,) = bench.loop.readers[f"signal {number}"]
        stop()
    assert bench.service._ended.result == "stopped"


def test_in_the_end_it_watches_nothing_any_more(bench):
    bench.station.busy, bench.station.next_wake_ns = True, 10**12
    bench.arrive()
    assert len(bench.loop.due()) == 2
    bench.service._detach()
    assert (bench.loop.readers, bench.loop.due()) == ({}, [])


@pytest.mark.parametrize(
    ("part", "duty"), [("feed", "receiving"), ("step", "stepping"), ("report_port", "reporting the port")]
)
def test_a_part_of_the_station_that_fails_costs_itself_alone(bench, caplog, part, duty):
    def broken(*_):
        raise KeyError("a bug")

    setattr(bench.station, part, broken)
    bench.station.output = b"x"
    bench.port.state = PortState("uart", away="uart: unplugged", losses=1)
    bench.arrive(b"hello")
    assert bench.port.out == b"x"
    assert bench.duties.failed == {duty: 1}


def test_what_cannot_be_written_costs_no_news(bench, caplog):
    bench.port.write = lambda octets: 1 / 0
    bench.station.output, bench.station.news = b"x", [event(1)]
    bench.arrive()
    assert bench.observed == [event(1)]
    assert bench.duties.failed == {"sending": 1}


def test_an_observer_that_fails_at_one_record_sees_the_next(bench, caplog):
    seen = []

    def observe(record):
        seen.append(record)
        if record == event(1):
            raise KeyError("a bug")

    bench.service._observe = observe
    bench.station.news = [event(1), event(2)]
    bench.arrive()
    assert seen == [event(1), event(2)]
    assert bench.duties.failed == {"observing": 1}
