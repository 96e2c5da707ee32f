"""Links over TCP and UDP: emulators, modems with Ethernet, radios behind a gateway."""

import os
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from hal.port import PortClosed

DATAGRAM_OCTETS_MAX = 65_507
_CONNECT_TIMEOUT_S = 10.0
_LOOPBACK = ("127.0.0.1", "::1")


class SocketPort:
    """`Port` over a connected stream or datagram socket, which it takes over and makes non-blocking."""

    def __init__(self, connected: socket.socket, name: str) -> None:
        connected.setblocking(False)
        self._socket, self.name = connected, name
        self._stream = connected.type == socket.SOCK_STREAM

    def read(self, size_max: int) -> bytes:
        """What has arrived; a datagram comes whole, whatever `size_max`, so that none of it is lost."""
        try:
            octets = self._open().recv(size_max if self._stream else DATAGRAM_OCTETS_MAX)
        except (BlockingIOError, ConnectionRefusedError):  # refused: a datagram's peer is not there yet
            return b""
        except OSError as error:
            raise PortClosed(f"{self.name}: {error.strerror}") from error
        if not octets and self._stream:
            raise PortClosed(f"{self.name}: the other end closed the connection")
        return octets

    def write(self, octets: bytes) -> int:
        """What the socket's buffer takes now; over UDP one datagram."""
        try:
            return self._open().send(octets if self._stream else octets[:DATAGRAM_OCTETS_MAX])
        except (BlockingIOError, ConnectionRefusedError):
            return 0 if self._stream else len(octets)  # a datagram without taker is lost, as on any radio
        except OSError as error:
            raise PortClosed(f"{self.name}: {error.strerror}") from error

    def fileno(self) -> int:
        """The socket's descriptor."""
        return self._open().fileno()

    def close(self) -> None:
        """Give the socket back."""
        self._socket.close()

    def _open(self) -> socket.socket:
        if self._socket.fileno() < 0:
            raise PortClosed(f"{self.name}: closed")
        return self._socket


def connect_tcp(host: str, port: int) -> SocketPort:
    """Connect to a listening peer; raises OSError with a sentence."""
    name = f"tcp://{host}:{port}"
    with _named(name, "cannot connect"):
        stream = socket.create_connection((host, port), timeout=_CONNECT_TIMEOUT_S)
    stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return SocketPort(stream, name)


def accept_tcp(host: str, port: int) -> SocketPort:
    """Listen, and wait for one peer; raises OSError with a sentence."""
    name = f"tcp-listen://{host}:{port}"
    with _named(name, "cannot listen"), socket.create_server((host, port)) as listener:
        stream, _ = listener.accept()
    stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return SocketPort(stream, name)


def open_udp(host: str, port: int, bind_port: int) -> SocketPort:
    """Exchange datagrams with one peer; `bind_port` 0 lets the system choose. Raises OSError with a sentence.

    With a peer on this machine, nobody else's datagrams come in.
    """
    name = f"udp://{host}:{port}"
    with _named(name, "cannot be opened"), ExitStack() as undo:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)[0]
        datagrams = undo.enter_context(socket.socket(family, kind, protocol))
        datagrams.bind((address[0] if address[0] in _LOOPBACK else "", bind_port))
        datagrams.connect(address)
        undo.pop_all()
    return SocketPort(datagrams, name)


@contextmanager
def _named(name: str, what: str) -> Iterator[None]:
    """Say of an OSError what it was about, in the system's words where it has any."""
    try:
        yield
    except OSError as error:
        number = error.errno or 0  # of a resolver's error: negative
        reason = os.strerror(number) if number > 0 else error.strerror or error
        raise OSError(error.errno, f"{name}: {what} ({reason})") from error
