"""One contract, every line: simulated cable, pseudo-terminal, stream socket."""

import os
import pty
import signal
import socket
import time
import tty
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hal import ports
from hal.linux import serial_port
from hal.linux.clock import HostClock
from hal.linux.serial_port import SerialLine
from hal.linux.socket_port import SocketLine
from hal.port import Line, PortClosed, PortState
from hal.sim.cable import CableDirection, cable
from hal.sim.clock import VirtualClock
from tests.examples import examples
from tests.patience import PATIENCE_S


@dataclass
class Ends:
    """Two joined ports; `settle` lets what was written arrive; `unplug` removes the far device."""

    near: Line
    far: Line
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
    near, far = cable(clock, CableDirection(bits_per_second=10**9), CableDirection(bits_per_second=10**9))
    yield Ends(near, far, lambda: clock.advance(10**8))


@contextmanager
def pty_ends() -> Iterator[Ends]:
    master, slave = pty.openpty()
    tty.setraw(slave)
    os.set_blocking(master, False)
    near, far = SerialLine(os.ttyname(slave), 115_200), MasterPort(master)
    os.close(slave)
    yield Ends(near, far, _breathe)
    near.close()
    far.close()


@contextmanager
def tcp_ends() -> Iterator[Ends]:
    near, far = (SocketLine(one, "pair") for one in socket.socketpair())
    yield Ends(near, far, _breathe)
    near.close()
    far.close()


ENDS = [sim_ends, pty_ends, tcp_ends]


def drain(ends: Ends, port: Line, size: int) -> bytes:
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
    @examples(10)
    def test_order_is_kept_both_ways(self, make_ends, pieces):
        with make_ends() as ends:
            for source, sink in ((ends.near, ends.far), (ends.far, ends.near)):
                sent = b"".join(piece[: source.write(piece)] for piece in pieces if piece)
                assert drain(ends, sink, len(sent)) == sent

    def test_read_without_anything_returns_at_once(self, make_ends):
        with make_ends() as ends:
            assert ends.near.read(100) == b""

    def test_reading_no_octets_is_no_end(self, make_ends):
        with make_ends() as ends:
            assert ends.near.read(0) == b""
            ends.far.write(b"x")
            ends.settle()
            assert ends.near.read(0) == b""
            assert drain(ends, ends.near, 1) == b"x"

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


def open_port(url):
    return ports.open_port(url, HostClock())


def test_a_datagram_without_taker_is_lost_as_on_any_radio():
    port = open_port(f"udp://127.0.0.1:{free_port()}")
    for _ in range(3):
        assert port.write(b"lost") == 4
        assert port.read(10) == b""
    assert port.state == PortState(port.name)
    port.close()


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


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


@pytest.mark.parametrize("scheme", ["serial", "tcp", "udp"])
def test_a_patient_port_is_opened_once_it_can_be(tmp_path, scheme):
    """After a restart a port that is away is no mistake of a person's."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = server.getsockname()[1]
    blocker = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    blocker.bind(("127.0.0.1", 0))
    link, clock = tmp_path / "tty", VirtualClock()
    url = {
        "serial": f"serial://{link}",
        "tcp": f"tcp://127.0.0.1:{address}",
        "udp": f"udp://127.0.0.1:9?bind={blocker.getsockname()[1]}",
    }[scheme]
    with pytest.raises(OSError, match=r"127\.0\.0\.1|tty"):
        ports.open_port(url, clock)
    port = ports.open_port(url, clock, is_patient=True)
    assert port.read(9) == b""
    assert port.state.away
    assert port.next_wake_ns
    blocker.close()
    near, far = pty.openpty()
    link.symlink_to(os.ttyname(far))
    with socket.create_server(("127.0.0.1", address)):
        deadline_s = time.monotonic() + PATIENCE_S
        while port.state.away:
            assert time.monotonic() < deadline_s
            clock.wait(clock.monotonic_ns() + 6_000_000_000)
            port.read(9)
    assert port.bits_per_second == (115_200 if scheme == "serial" else 0)
    port.close()
    os.close(near), os.close(far)


def test_what_cannot_be_opened_says_what_and_where():
    with pytest.raises(OSError, match=r"tcp://127.0.0.1:9: cannot connect \(Connection refused\)$"):
        open_port("tcp://127.0.0.1:9")
    with socket.create_server(("::1", 0), family=socket.AF_INET6) as server:
        number = server.getsockname()[1]
        with pytest.raises(OSError, match=rf"tcp-listen://\[::1\]:{number}: cannot listen \(Address already in use\)$"):
            open_port(f"tcp-listen://[::1]:{number}")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", 0))
        number = other.getsockname()[1]
        with pytest.raises(OSError, match=f"udp://127.0.0.1:5100: cannot take 127.0.0.1:{number} here .*in use"):
            open_port(f"udp://127.0.0.1:5100?bind={number}")


def test_who_has_a_terminal_is_looked_for_ahead_once_and_while_the_tty_is_the_same(monkeypatch):
    looks = []
    monkeypatch.setattr(serial_port, "_terminal_of", lambda process: looks.append(process))
    ports.prepare_port("tcp://127.0.0.1:1")
    ports.prepare_port("serial:///dev/none")
    assert not looks
    line, far = pty.openpty()
    path = os.ttyname(far)

    def opened():
        looks.clear()
        SerialLine(path, 115_200).close()
        return bool(looks)

    assert opened()
    ports.prepare_port(f"serial://{path}?baud=115200")
    assert not opened()
    assert opened()
    ports.prepare_port(f"serial://{path}")
    before_ns = os.stat(path).st_ctime_ns  # noqa: PTH116 - as coarse as the kernel's ticks
    while os.stat(path).st_ctime_ns == before_ns:  # noqa: PTH116
        os.fchmod(far, 0o600)  # as where somebody logs in
    assert opened()
    os.close(line)
    os.close(far)


def test_somebody_s_terminal_is_no_serial_port():
    """A shell may have the number of a pseudo-terminal that went away: it is told by its session, and left alone."""
    shell, master = pty.fork()
    if not shell:
        os.execvp("cat", ["cat"])
    try:
        os.write(master, b"\n")
        said = b""
        while said.count(b"\n") < 2:  # the terminal's echo, then what the program says
            said += os.read(master, 10)
        path = Path(f"/proc/{shell}/fd/0").readlink()
        with pytest.raises(OSError, match=rf"{path}: it is the terminal of a session \(process {shell}\)$"):
            open_port(f"serial://{path}")
    finally:
        os.kill(shell, signal.SIGKILL)
        os.waitpid(shell, 0)
        os.close(master)
