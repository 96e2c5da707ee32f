"""The service with a port whose other side takes nothing for a while, in virtual time."""

import pytest

from ground.archive.archive import Archive
from ground.records import CommandRecord
from ground.service.service import PORT_HOLDS_MAX, Service
from ground.station.station import Patience, Station
from hal.port import PortState
from hal.sim.clock import VirtualClock
from link.cfdp import MemoryStore
from tests.ground.example_dictionary import SECOND, UTC_NS
from tests.ground.flown import DICTIONARY, Flown, World

PATIENCE = Patience(round_trip_ms=500, command_ms=20_000)


class Port:
    """Takes `room` octets a call; what it took is in `out`."""

    def __init__(self):
        self.room, self.out = 4096, bytearray()

    state, next_wake_ns = PortState(), None

    def fileno(self):
        return -1

    line_fileno = fileno

    def read(self, size_max):
        return b""

    def write(self, octets):
        self.out += octets[: self.room]
        return min(self.room, len(octets))


class Loop:
    """Of an event loop what the service asks for while it is stepped by hand."""

    def call_later(self, *_):
        return self

    def cancel(self):
        pass


class Clock(VirtualClock):
    def __init__(self, world):
        self.world = world

    def monotonic_ns(self):
        return self.world.now_ns

    def utc_ns(self):
        return UTC_NS + self.world.now_ns


class Pass:
    """A station and a node; telemetry is heard while `heard`."""

    def __init__(self):
        station = Station(DICTIONARY, Archive(), MemoryStore(), World(None, None).now, patience=PATIENCE)
        self.world, self.port, self.heard = World(station, Flown()), Port(), True
        self.service = Service(station, None, self.port, Clock(self.world), self.world.news.append)
        self.service._loop = Loop()
        self.run(2)

    def run(self, seconds):
        world = self.world
        for _ in range(round(10 * seconds)):
            octets = world.flown.step(world.now_ns)
            if self.heard:
                world.station.feed(octets, world.now)
            self.service._step()
            world.flown.receive(bytes(self.port.out))
            self.port.out.clear()
            world.now_ns += SECOND // 10

    def order(self, *targets):
        for target in targets:
            self.world.station.command("lookout.look", {"target": target}, self.world.now)

    @property
    def told(self):
        """The last word on each command, by its target."""
        return {one.arguments["target"]: one for one in self.world.of(CommandRecord)}

    @property
    def executed(self):
        return [arguments["target"] for _, arguments in self.world.flown.executed]


@pytest.mark.parametrize("heard", [True, False])
@pytest.mark.parametrize("room", [0, 3, 20])
@pytest.mark.requirement("GND-OPS-004")
def test_what_was_reported_failed_is_never_executed(room, heard):
    flight = Pass()
    flight.port.room = room
    flight.order("coast", "desert")
    flight.run(0.1)
    flight.port.room, flight.heard = 0, heard
    flight.run(12)
    assert {one.state for one in flight.told.values()} == {"failed"}
    assert {one.reason.partition("; ")[2] for one in flight.told.values()} == {"it was not sent"}
    flight.port.room, flight.heard = 4096, True
    flight.run(2)
    assert flight.executed == []
    flight.order("sea")
    flight.run(2)
    assert (flight.executed, flight.told["sea"].state) == (["sea"], "completed")


def test_a_short_stall_delays_and_nothing_else():
    flight = Pass()
    flight.port.room = 7
    flight.order("coast", "desert")
    flight.run(0.1)
    flight.port.room = 0
    flight.run(4)
    assert {one.state for one in flight.told.values()} == {"queued"}
    flight.port.room = 4096
    flight.run(2)
    assert flight.executed == ["coast", "desert"]
    assert {one.state for one in flight.told.values()} == {"completed"}


def test_the_ports_own_buffers_are_kept_nearly_empty(monkeypatch):
    """What they hold may be beyond recall."""
    flight = Pass()
    monkeypatch.setattr("ground.service.service.held_octets", lambda descriptor: PORT_HOLDS_MAX)
    flight.order("coast")
    flight.run(3)
    assert flight.told["coast"].state == "queued"
    monkeypatch.undo()
    flight.run(2)
    assert flight.told["coast"].state == "completed"


def test_the_port_forgets_what_was_given_up_after_it_had_taken_it(monkeypatch):
    forgotten = []
    monkeypatch.setattr("ground.service.service.forget_held", lambda descriptor: not forgotten.append(descriptor))
    flight = Pass()
    flight.world.flown.receive = lambda octets: None
    flight.order("coast")
    flight.run(8)
    assert "it may have arrived all the same" in flight.told["coast"].reason
    assert forgotten == [flight.port.line_fileno()]
