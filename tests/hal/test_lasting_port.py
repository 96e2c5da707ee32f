"""Lines come and go, the port stays: real sockets and pseudo-terminals, and a clock that is moved by hand."""

import errno
import os
import pty
import select
import socket
import tty
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from hal.linux.clock import HostClock
from hal.linux.lasting_port import PATIENCE_MS, LastingPort
from hal.linux.socket_port import SocketLine
from hal.port import PortClosed, PortState
from hal.ports import open_port
from hal.sim.clock import VirtualClock

MS = 1_000_000
WAIT_MS = 5_000  # for what the kernel does at once


class Desk:
    """A port on a clock of its own; `until` uses it as its owner does, whenever it is readable or due."""

    def __init__(self, open_it):
        self.clock = VirtualClock()
        self.port = open_it(self.clock)
        self.received = b""

    def until(self, condition, write=b""):
        for _ in range(1000):
            self.received += self.port.read(100)
            if write:
                write = write[self.port.write(write) :]
            if condition():
                return
            if self.port.next_wake_ns is not None:
                self.clock.wait(self.port.next_wake_ns)
            else:
                assert select.select([self.port], [], [], WAIT_MS / 1000)[0], "nothing comes any more"
        raise AssertionError(self.port.state)

    def is_there(self):
        return not self.port.state.away


@contextmanager
def listening(url):
    """A port that listens at a free number of `url`'s host, and where that is."""
    family = socket.AF_INET6 if "[" in url else socket.AF_INET
    host = "::1" if family == socket.AF_INET6 else "127.0.0.1"
    with socket.create_server((host, 0), family=family) as free:
        number = free.getsockname()[1]
    desk = Desk(lambda clock: open_port(f"{url}:{number}", clock))
    with closing(desk.port):
        yield desk, (host, number)


@pytest.mark.parametrize("url", ["tcp-listen://127.0.0.1", "tcp-listen://localhost", "tcp-listen://[::1]"])
def test_it_listens_before_somebody_comes_and_after_he_left(url):
    with listening(url) as (desk, address):
        address = ("::1" if desk.port._door._socket.family == socket.AF_INET6 else "127.0.0.1", address[1])
        assert desk.port.state == PortState(desk.port.name, f"{desk.port.name}: waits for a peer")
        assert (desk.port.read(10), desk.port.write(b"early"), desk.port.next_wake_ns) == (b"", 0, None)
        for losses in range(3):
            with socket.create_connection(address) as peer:
                peer.sendall(b"hello")
                desk.until(lambda: desk.received == b"hello" and desk.is_there())
                assert desk.port.write(b"there") == 5
                assert peer.recv(10) == b"there"
            desk.until(lambda: not desk.is_there())
            assert desk.port.state.away == f"{desk.port.name}: the other end closed the connection"
            assert desk.port.state.losses == losses + 1
            desk.received = b""


def test_what_a_leaving_peer_sent_last_is_read_and_the_next_one_waits_for_it():
    with listening("tcp-listen://127.0.0.1") as (desk, address):
        first = socket.create_connection(address)
        first.sendall(b"last words")
        first.close()
        second = socket.create_connection(address)
        second.sendall(b" and first ones")
        desk.until(lambda: desk.received == b"last words and first ones" and desk.is_there())
        assert desk.port.state.refused == 0
        second.close()


def test_a_second_peer_is_refused_and_counted_and_the_first_one_stays():
    with listening("tcp-listen://127.0.0.1") as (desk, address), socket.create_connection(address) as first:
        desk.until(desk.is_there)
        for refused in (1, 2):
            with socket.create_connection(address) as stranger:
                desk.until(lambda refused=refused: desk.port.state.refused == refused)
                stranger.settimeout(5)
                assert stranger.recv(10) == b""
        first.sendall(b"still here")
        desk.until(lambda: desk.received == b"still here")
        assert desk.port.state == PortState(desk.port.name, "", 0, 2)


@pytest.mark.requirement("FSW-LNK-013")
def test_strangers_who_come_and_go_are_met_less_and_less_often():
    with listening("tcp-listen://127.0.0.1") as (desk, address):
        pauses = []
        for _ in range(9):
            socket.create_connection(address).close()
            desk.until(lambda: desk.port.next_wake_ns is not None)
            pauses.append((desk.port.next_wake_ns - desk.clock.monotonic_ns()) // MS)
            desk.clock.wait(desk.port.next_wake_ns)
            assert not desk.port.read(1)
        assert pauses == [100, 200, 400, 800, 1600, 3200, 5000, 5000, 5000]
        with socket.create_connection(address) as peer:
            peer.sendall(b"the ground")
            desk.until(lambda: desk.received == b"the ground")
        desk.until(lambda: desk.port.next_wake_ns is not None)
        assert (desk.port.next_wake_ns - desk.clock.monotonic_ns()) // MS == 100  # patience begins anew


def test_lines_that_are_gone_leave_no_descriptor():
    with listening("tcp-listen://127.0.0.1") as (desk, address):
        counts = []
        for _ in range(4):
            socket.create_connection(address).close()
            desk.until(lambda: desk.port.next_wake_ns is not None)
            counts.append(len(list(Path("/proc/self/fd").iterdir())))
            desk.clock.wait(desk.port.next_wake_ns)
            assert not desk.port.read(1)
        assert len(set(counts)) == 1


@pytest.mark.requirement("FSW-LNK-013")
def test_a_called_peer_is_called_again_until_it_answers():
    server = socket.create_server(("127.0.0.1", 0))
    address = server.getsockname()
    desk = Desk(lambda clock: open_port(f"tcp://127.0.0.1:{address[1]}", clock))
    with closing(desk.port):
        peer, _ = server.accept()
        server.close()
        peer.sendall(b"a")
        desk.until(lambda: desk.received == b"a" and desk.is_there())
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")  # as a killed machine: RST
        peer.close()
        desk.until(lambda: not desk.is_there())
        pauses = []
        for _ in range(8):
            pauses.append((desk.port.next_wake_ns - desk.clock.monotonic_ns()) // MS)
            desk.clock.wait(desk.port.next_wake_ns)
            desk.until(lambda: desk.port.next_wake_ns is not None)
        assert pauses == [100, 200, 400, 800, 1600, 3200, 5000, 5000]
        assert desk.port.state.away == f"tcp://127.0.0.1:{address[1]}: Connection refused"
        with socket.create_server(address[:2]) as server:
            desk.until(desk.is_there)
            peer, _ = server.accept()
        desk.until(lambda: True, write=b"it is me")
        assert peer.recv(10) == b"it is me"
        assert desk.port.state == PortState(desk.port.name, "", 1)
        peer.close()


@pytest.mark.requirement("FSW-LNK-013")
def test_an_adapter_that_is_plugged_in_again_is_opened_again(tmp_path):
    """/dev/serial/by-id keeps the name of an adapter whatever number it gets, as the link here does."""
    path = tmp_path / "adapter"

    def plug():
        master, slave = pty.openpty()
        tty.setraw(slave)
        path.unlink(missing_ok=True)
        path.symlink_to(os.ttyname(slave))
        return master, slave

    ends = plug()
    desk = Desk(lambda clock: open_port(f"serial://{path}?baud=9600", clock))
    with closing(desk.port):
        assert desk.port.bits_per_second == 9600
        for losses in (1, 2):
            os.write(ends[0], b"one")
            desk.until(lambda: desk.received == b"one" and desk.is_there())
            for end in ends:
                os.close(end)
            path.unlink()
            desk.until(lambda: not desk.is_there())
            assert desk.port.state.away == f"{path}: the line went away (unplugged, or its other end closed)"
            desk.clock.wait(desk.port.next_wake_ns)
            assert desk.port.read(1) == b""
            assert "no such serial port" in desk.port.state.away
            ends, desk.received = plug(), b""
            desk.until(desk.is_there)
            assert desk.port.state.losses == losses
        desk.until(lambda: True, write=b"again")
        assert os.read(ends[0], 10) == b"again"


def test_it_is_readable_when_a_full_line_has_room_again():
    ours, theirs = socket.socketpair()
    clock = VirtualClock()
    port = LastingPort("pair", clock, line=SocketLine(ours, "pair"), reopen=lambda: SocketLine(ours, "pair"))
    with closing(port), theirs:
        while port.write(bytes(10_000)):
            pass
        assert port.read(1) == b""
        assert not select.select([port], [], [], 0)[0]
        while not select.select([port], [], [], 0)[0]:
            assert theirs.recv(10_000)
        assert port.read(1) == b""
        assert port.write(b"more") == 4
        assert not select.select([port], [], [], 0)[0]


class Network:
    """A datagram socket whose network can be away, as the kernel says it."""

    type = socket.SOCK_DGRAM

    def __init__(self):
        self.ours, self.theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.error = 0
        self.setblocking, self.fileno, self.close = self.ours.setblocking, self.ours.fileno, self.ours.close

    def _check(self):
        if self.error:
            raise OSError(self.error, os.strerror(self.error))

    def send(self, octets):
        self._check()
        return self.ours.send(octets)

    def recv(self, size):
        self._check()
        return self.ours.recv(size)


@pytest.mark.parametrize("error", ["ENETUNREACH", "EHOSTUNREACH", "ENETDOWN", "EPERM", "ENOBUFS", "ECONNREFUSED"])
def test_a_network_that_is_away_for_a_moment_loses_datagrams_and_nothing_else(error):
    network = Network()
    line = SocketLine(network, "udp")
    network.error = getattr(errno, error)
    assert (line.write(b"lost"), line.read(10)) == (4, b"")
    network.error = 0
    network.theirs.send(b"back")
    assert (line.write(b"found"), line.read(10)) == (5, b"back")
    assert network.theirs.recv(10) == b"found"
    line.close()
    network.theirs.close()


def test_an_address_that_is_no_more_ours_is_taken_anew():
    networks = [Network(), Network()]
    lines = iter([SocketLine(one, "udp") for one in networks])
    clock = VirtualClock()
    port = LastingPort("udp", clock, line=next(lines), reopen=lambda: next(lines))
    networks[0].error = errno.EADDRNOTAVAIL
    assert (port.write(b"x"), port.state.losses) == (0, 1)
    clock.wait(port.next_wake_ns)
    assert (port.read(1), port.write(b"y"), networks[1].theirs.recv(5)) == (b"", 1, b"y")
    port.close()
    for one in networks:
        one.theirs.close()


def test_closed_by_its_owner_it_says_so_and_its_place_is_free():
    with listening("tcp-listen://127.0.0.1") as (desk, address):
        desk.port.close()
        for use in (lambda: desk.port.read(1), lambda: desk.port.write(b"x"), desk.port.fileno):
            with pytest.raises(PortClosed):
                use()
        open_port(f"tcp-listen://127.0.0.1:{address[1]}", HostClock()).close()


def test_news_are_told_once_however_long_a_state_lasts():
    there, away = PortState("p"), PortState("p", "p: nobody")
    assert [news.kind for news in away.news_since(there)] == ["away"]
    assert list(PortState("p", "p: nobody yet").news_since(away)) == []
    assert [news.kind for news in there.news_since(away)] == ["back"]
    assert [news.kind for news in PortState("p", "", 0, 3).news_since(there)] == ["refused"]
    assert list(PortState("p", "", 0, 4).news_since(PortState("p", "", 0, 3))) == []
    assert PATIENCE_MS[0] < PATIENCE_MS[1]
