"""The service in real time, over devices of the kernel whose other end stops reading: no command that was called failed
is executed, and the link works again afterwards."""

import asyncio
import os
import select
import socket
import threading
import tty
from contextlib import ExitStack, closing, contextmanager, suppress

import pytest

from ground.archive.archive import Archive
from ground.records import CommandRecord
from ground.service.answers import Answers
from ground.service.client import Client
from ground.service.service import Service
from ground.station.station import Patience, Station
from hal.clock import Moment
from hal.linux.clock import HostClock
from hal.linux.lasting_port import LastingPort
from hal.linux.socket_port import SocketLine
from hal.ports import open_port
from link.cfdp import MemoryStore
from tests.ground.example_dictionary import SECOND
from tests.ground.flown import DICTIONARY, Flown

WAIT_S = 20.0


@contextmanager
def pseudo_terminal():
    """A serial line: the port, and the descriptor of the other end."""
    far, near = os.openpty()
    tty.setraw(near)
    with closing(open_port(f"serial://{os.ttyname(near)}", HostClock())) as port:
        os.close(near)
        yield port, far
    os.close(far)


@contextmanager
def stream():
    near, far = socket.socketpair()
    line = SocketLine(near, "pair")
    with closing(LastingPort("pair", HostClock(), line=line, reopen=lambda: line)) as port, far:
        yield port, far.fileno()


@contextmanager
def served(port, path):
    """The service in a thread of its own."""
    clock, ready, services = HostClock(), threading.Event(), []

    def run():
        archive = Archive()  # belongs to the thread that made it
        station = Station(DICTIONARY, archive, MemoryStore(), Moment.of(clock), patience=Patience(round_trip_ms=300))
        service = Service(station, Answers(station, DICTIONARY).answer, port, clock)
        services.append(service)
        asyncio.run(service.run(path, ready.set))

    thread = threading.Thread(target=run)
    thread.start()
    assert ready.wait(WAIT_S)
    yield
    services[0]._loop.call_soon_threadsafe(services[0].stop)
    thread.join(WAIT_S)
    assert not thread.is_alive()


class Flight:
    """A node on the far end that speaks while `heard` and reads while `reads`, and a client that waits."""

    def __init__(self, far, client):
        self.far, self.client, self.flown = far, client, Flown()
        self.heard = self.reads = True
        self.ticks, self.told = 0, []
        os.set_blocking(far, False)
        client.subscribe("command")

    def until(self, done):
        clock = HostClock()
        end_ns = clock.monotonic_ns() + int(WAIT_S * SECOND)
        while not done():
            assert clock.monotonic_ns() < end_ns
            self.turn()

    def turn(self):
        octets = self.flown.step(self.ticks * SECOND // 10)
        self.ticks += 1
        if self.heard:
            with suppress(BlockingIOError):
                os.write(self.far, octets)
        readable, _, _ = select.select([self.far] if self.reads else [], [], [], 0)
        if readable:
            self.flown.receive(os.read(self.far, 1 << 16))
        self.told += [record for record in self.client.news(0.01) if isinstance(record, CommandRecord)]

    def order(self, *targets):
        for target in targets:
            self.client.command("lookout.look", {"target": target})

    def stages(self, target):
        return [one.stages[-1].name for one in self.told if one.arguments["target"] == target]

    @property
    def executed(self):
        return [arguments["target"] for _, arguments in self.flown.executed]


@pytest.mark.parametrize("device", [pseudo_terminal, stream])
@pytest.mark.requirement("GND-OPS-004")
def test_no_command_that_was_called_failed_is_executed(device, tmp_path, monkeypatch):
    monkeypatch.setattr("ground.service.service._SIGNALS", ())  # belong to the main thread
    monkeypatch.setattr("ground.station.downlink.SILENCE_NS", SECOND)
    with ExitStack() as held:
        port, far = held.enter_context(device())
        held.enter_context(served(port, tmp_path / "s"))
        flight = Flight(far, held.enter_context(Client(tmp_path / "s")))
        flight.until(lambda: flight.client.status().node_dictionary)
        flight.reads = False
        targets = [f"target {number}" for number in range(20)]
        flight.order(*targets)
        flight.until(lambda: flight.client.status().link.octets_sent)
        flight.heard = False
        flight.until(lambda: all({"not delivered"} & set(flight.stages(target)) for target in targets))
        failed = {one.arguments["target"] for one in flight.told if one.state == "failed"}
        assert failed
        flight.heard = flight.reads = True
        flight.until(lambda: (status := flight.client.status()).linked and status.node_dictionary)
        flight.order("last")
        flight.until(lambda: "completed" in flight.stages("last"))
        assert not failed & set(flight.executed)
        assert len(set(flight.executed)) == len(flight.executed)
