"""One contract, every port: simulated cable, pseudo-terminal, stream socket."""

import os
import pty
import socket
import time
import tty
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hal.linux.serial_port import SerialPort
from hal.linux.socket_port import SocketPort, accept_tcp, connect_tcp, open_udp
from hal.port import Port, PortClosed
from hal.ports import open_port
from hal.sim.cable import Channel, cable
from hal.sim.clock import VirtualClock


@dataclass
class Ends:
    """Two joined ports; `settle` lets what was written arrive; `unplug` removes the far device."""

    near: Port
    far: Port
    settle: Callable[[], None]


class MasterPort:
    """The master side of a pseudo-terminal as the far end."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def read(self, size_max: int) -> bytes:
        if self._descriptor < 0:
            raise PortClosed("closed")
        try:
            return os.read(self._descriptor, size_max)
        except BlockingIOError:
            return b""

    def write(self, octets: bytes) -> int:
        if self._descriptor < 0:
            raise PortClosed("closed")
        return os.write(self._descriptor, octets)

    def fileno(self) -> int:
        return self._descriptor

    def close(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
        self._descriptor = -1


def _breathe() -> None:
    time.sleep(0.002)  # real devices: the kernel needs a moment


@contextmanager
def sim_ends() -> Iterator[Ends]:
    clock = VirtualClock()
    near, far = cable(clock, Channel(bits_per_second=10**9), Channel(bits_per_second=10**9))
    yield Ends(near, far, lambda: clock.advance(10**8))


@contextmanager
def pty_ends() -> Iterator[Ends]:
    master, slave = pty.openpty()
    tty.setraw(slave)
    os.set_blocking(master, False)
    near, far = SerialPort(os.ttyname(slave), 115_200), MasterPort(master)
    os.close(slave)
    yield Ends(near, far, _breathe)
    near.close()
    far.close()


@contextmanager
def tcp_ends() -> Iterator[Ends]:
    near, far = (SocketPort(one, "pair") for one in socket.socketpair())
    yield Ends(near, far, _breathe)
    near.close()
    far.close()


ENDS = [sim_ends, pty_ends, tcp_ends]


def drain(ends: Ends, port: Port, size: int) -> bytes:
    """Read until `size` octets came or nothing more does."""
    octets = b""
    for _ in range(200):
        ends.settle()
        octets += port.read(1 << 16)
        if len(octets) >= size:
            break
    return octets


@pytest.mark.parametrize("make_ends", ENDS)
class TestPort:
    @given(pieces=st.lists(st.binary(max_size=300), max_size=6))
    @settings(max_examples=10, deadline=None)
    def test_order_is_kept_both_ways(self, make_ends, pieces):
        with make_ends() as ends:
            for source, sink in ((ends.near, ends.far), (ends.far, ends.near)):
                sent = b"".join(piece[: source.write(piece)] for piece in pieces if piece)
                assert drain(ends, sink, len(sent)) == sent

    def test_read_without_anything_returns_at_once(self, make_ends):
        with make_ends() as ends:
            assert ends.near.read(100) == b""

    def test_write_never_blocks_and_says_what_it_took(self, make_ends):
        with make_ends() as ends:
            taken = [ends.near.write(bytes(1000)) for _ in range(2000)]
            assert taken[0] > 0
            assert min(taken) == 0

    def test_closed_raises_and_closing_twice_is_allowed(self, make_ends):
        with make_ends() as ends:
            ends.near.close()
            ends.near.close()
            for use in (lambda: ends.near.read(1), lambda: ends.near.write(b"x")):
                with pytest.raises(PortClosed):
                    use()


@pytest.mark.parametrize("make_ends", [pty_ends, tcp_ends])
def test_unplugged_port_gives_what_came_and_then_says_so(make_ends):
    with make_ends() as ends:
        ends.far.write(b"last words")
        ends.settle()
        if make_ends is tcp_ends:  # a pseudo-terminal's hang-up discards what was not read
            ends.far.close()
        assert ends.near.read(100) == b"last words"
        ends.far.close()
        with pytest.raises(PortClosed):
            drain(ends, ends.near, 1)


def test_urls_open_tcp_and_udp():
    with socket.create_server(("127.0.0.1", 0)) as server:
        near = open_port(f"tcp://127.0.0.1:{server.getsockname()[1]}")
        far, _ = server.accept()
    far.sendall(b"hello")
    _breathe()
    assert near.read(10) == b"hello"
    near.close()
    far.close()
    one = open_udp("127.0.0.1", 9, 0)  # nobody there yet: what is sent is lost, as on a radio
    assert one.write(b"lost") == 4
    assert one.read(10) == b""
    one.close()


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("smoke://hill", "expected one of serial://"),
        ("serial://ttyUSB0", "three slashes"),
        ("serial:///dev/ttyUSB0?baud=fast", "expected a number"),
        ("serial:///dev/ttyUSB0?bauds=9600", "unknown option 'bauds'"),
        ("tcp://localhost", "expected tcp://HOST:PORT"),
        ("tcp://localhost:99999", "1..65535"),
        ("tcp://localhost:0", "1..65535"),
        ("tcp://localhost:80?bind=5", "unknown option 'bind', expected none"),
        ("tcp://[::1", "^port 'tcp://\\[::1': Invalid IPv6 URL$"),
        ("udp://localhost:80?bind=99999", "bind = '99999', expected a number, 1..65535"),
        ("serial:///dev/ttyUSB0?baud=0", "^port 'serial:///dev/ttyUSB0\\?baud=0': baud = '0', expected a number, 50.."),
    ],
)
def test_a_wrong_url_says_what_was_expected(url, sentence):
    with pytest.raises(ValueError, match=sentence):
        open_port(url)


def test_missing_and_busy_serial_ports_are_named():
    with pytest.raises(OSError, match=r"/dev/no-such-port: no such serial port"):
        open_port("serial:///dev/no-such-port?baud=9600")
    with pty_ends() as ends, pytest.raises(OSError, match="busy"):
        open_port(f"serial://{ends.near.path}")


def test_nobody_listens():
    with pytest.raises(OSError, match="cannot connect"):
        connect_tcp("127.0.0.1", 9)
    with socket.create_server(("127.0.0.1", 0)) as server, pytest.raises(OSError, match="cannot listen"):
        accept_tcp("127.0.0.1", server.getsockname()[1])
