"""Lines over TCP and UDP: emulators, modems with Ethernet, radios behind a gateway."""

import errno
import os
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Any

from hal.port import PortClosed

DATAGRAM_OCTETS_MAX = 65_507
SILENT_PEER_S = 30
"""A TCP peer that acknowledges nothing for this long, not even the probes of an idle connection, is gone."""
_CONNECT_TIMEOUT_S = 10.0
_SYN_REPEATS = 2  # an attempt ends after 7 s, so that a peer that is back meanwhile is reached soon
_LOOPBACK = ("127.0.0.1", "::1")
_LOST = frozenset(
    {
        errno.ECONNREFUSED,  # the peer is not there yet
        errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN, errno.EHOSTDOWN,  # the network is away for a while
        errno.EPERM, errno.ENOBUFS,  # a packet filter or a full queue dropped it
    }
)  # fmt: skip

Address = tuple[socket.AddressFamily, tuple[Any, ...]]
"""Family and socket address, as getaddrinfo(3) gives them."""


class SocketLine:
    """`Line` over a connected stream or datagram socket, which it takes over and makes non-blocking.

    A datagram that cannot be delivered is lost, as on any radio link; the socket stays usable.
    """

    def __init__(self, connected: socket.socket, name: str) -> None:
        connected.setblocking(False)
        self._socket, self.name = connected, name
        self._stream = connected.type == socket.SOCK_STREAM

    def read(self, size_max: int) -> bytes:
        """Octets that have arrived; a datagram comes whole, even if longer than `size_max`, so that none is lost."""
        if not size_max:
            return b""
        try:
            octets = self._open().recv(size_max if self._stream else DATAGRAM_OCTETS_MAX)
        except BlockingIOError:
            return b""
        except OSError as error:
            self._judge(error)
            return b""
        if not octets and self._stream:
            raise PortClosed(f"{self.name}: the other end closed the connection")
        return octets

    def write(self, octets: bytes) -> int:
        """The number of octets that the socket's buffer takes now; over UDP they are one datagram."""
        try:
            return self._open().send(octets if self._stream else octets[:DATAGRAM_OCTETS_MAX])
        except BlockingIOError:
            return 0
        except OSError as error:
            self._judge(error)
            return len(octets)

    def fileno(self) -> int:
        """The socket's descriptor."""
        return self._open().fileno()

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()

    def _judge(self, error: OSError) -> None:
        """Return where only a datagram was lost; raise PortClosed where the connection or our own address is gone."""
        if isinstance(error, PortClosed):
            raise error
        if self._stream or error.errno not in _LOST:
            raise PortClosed(f"{self.name}: {error.strerror}") from error

    def _open(self) -> socket.socket:
        if self._socket.fileno() < 0:
            raise PortClosed(f"{self.name}: closed")
        return self._socket


class TcpDialer:
    """Connects to a listening peer, whose address is looked up once. All of it raises OSError with a sentence."""

    def __init__(self, host: str, port: int) -> None:
        self.name = f"tcp://{_shown(host)}:{port}"
        with _named(self.name, "cannot connect"):
            self._addresses = _resolved(host, port, socket.SOCK_STREAM)

    def connect(self) -> SocketLine:
        """The line, once it is connected; waits at most 10 s for each of the peer's addresses."""
        failure: OSError | None = None
        for _ in self._addresses:
            try:
                return self._line(_CONNECT_TIMEOUT_S)
            except OSError as error:
                failure = error
        assert failure
        raise failure

    def call(self) -> SocketLine:
        """A line at once, not yet connected: if that fails, reading it raises PortClosed."""
        return self._line(0)

    def _line(self, timeout_s: float) -> SocketLine:
        """A line to the next of the peer's addresses, in turn."""
        family, address = self._addresses[0]
        self._addresses = [*self._addresses[1:], self._addresses[0]]
        with _named(self.name, "cannot connect"), ExitStack() as undo:
            stream = undo.enter_context(socket.socket(family, socket.SOCK_STREAM))
            stream.settimeout(timeout_s)
            stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_SYNCNT, _SYN_REPEATS)
            with suppress(BlockingIOError):  # the connection is being made
                stream.connect(address)
            undo.pop_all()
        return SocketLine(_tended(stream), self.name)


class TcpListener:
    """`Door` for TCP peers; `host` is the one of our addresses to listen at. Raises OSError with a sentence."""

    def __init__(self, host: str, port: int) -> None:
        self.name = f"tcp-listen://{_shown(host)}:{port}"
        with _named(self.name, "cannot listen"):
            family, address = _resolved(host, port, socket.SOCK_STREAM)[0]
            self._socket = socket.create_server(address, family=family)
        self._socket.setblocking(False)

    def open(self) -> SocketLine:
        """The line to the peer that came first."""
        stream, _ = self._socket.accept()
        return SocketLine(_tended(stream), self.name)

    def fileno(self) -> int:
        """The listening socket's descriptor, readable when a peer waits."""
        return self._socket.fileno()

    def close(self) -> None:
        """Stop to listen."""
        self._socket.close()


class UdpPair:
    """Opens lines to one peer; `bind_port` 0 lets the system choose. Raises OSError with a sentence.

    For a peer on this machine the socket is bound to the loopback address: no other machine's datagrams come in.
    """

    def __init__(self, host: str, port: int, bind_port: int) -> None:
        self.name, self._bind_port = f"udp://{_shown(host)}:{port}", bind_port
        with _named(self.name, "cannot be opened"):
            self._family, self._address = _resolved(host, port, socket.SOCK_DGRAM)[0]

    def open(self) -> SocketLine:
        """A line, which is ready at once."""
        host = str(self._address[0])
        here = host if host in _LOOPBACK else ""
        with ExitStack() as undo:
            datagrams = undo.enter_context(socket.socket(self._family, socket.SOCK_DGRAM))
            with _named(self.name, f"cannot take {_shown(here) or 'any address'}:{self._bind_port} here"):
                datagrams.bind((here, self._bind_port))
            with _named(self.name, "cannot be opened"):
                datagrams.connect(self._address)
            undo.pop_all()
        return SocketLine(datagrams, self.name)


def _resolved(host: str, port: int, kind: socket.SocketKind) -> list[Address]:
    return [(family, address) for family, _, _, _, address in socket.getaddrinfo(host, port, type=kind)]


def _tended(stream: socket.socket) -> socket.socket:
    """Set up a TCP socket so that octets are sent at once, and a peer that vanished silently is noticed."""
    probes, between_s = 3, SILENT_PEER_S // 6
    for option, value in (
        (socket.TCP_NODELAY, 1),
        (socket.TCP_USER_TIMEOUT, 1000 * SILENT_PEER_S),
        (socket.TCP_KEEPIDLE, SILENT_PEER_S - probes * between_s),
        (socket.TCP_KEEPINTVL, between_s),
        (socket.TCP_KEEPCNT, probes),
    ):
        stream.setsockopt(socket.IPPROTO_TCP, option, value)
    stream.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    return stream


def _shown(host: str) -> str:
    return f"[{host}]" if ":" in host else host


@contextmanager
def _named(name: str, what: str) -> Iterator[None]:
    """Reword an OSError of the block as a sentence: `name`, `what` failed, and the system's reason, if it has one."""
    try:
        yield
    except OSError as error:
        number = error.errno or 0  # of a resolver's error: negative
        reason = os.strerror(number) if number > 0 else error.strerror or error
        raise OSError(error.errno, f"{name}: {what} ({reason})") from error
