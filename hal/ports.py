"""Ports by URL, so that the same command runs over a pseudo-terminal, a UART or a network.

serial:///dev/ttyAMA0?baud=115200     a UART, a USB adapter, a pseudo-terminal
tcp://host:port                       connect to a listening peer
tcp-listen://host:port                wait for one peer (use 127.0.0.1 unless the network is yours alone)
udp://host:port?bind=port             datagrams with one peer
"""

from collections.abc import Callable
from urllib.parse import SplitResult, parse_qs, urlsplit

from hal.port import Port

BAUD_DEFAULT = 115_200


def open_port(url: str) -> Port:
    """Open what `url` names. ValueError: the URL is not one of the forms above; OSError: the device said no."""
    parts = urlsplit(url)
    opener = _OPENERS.get(parts.scheme)
    if opener is None:
        raise ValueError(f"port {url!r}: expected one of {', '.join(f'{scheme}://' for scheme in _OPENERS)}")
    return opener(parts)


def _open_serial(url: SplitResult) -> Port:
    from hal.linux.serial_port import SerialPort

    if url.netloc or not url.path:
        raise ValueError(f"port {url.geturl()!r}: expected serial:///dev/NAME?baud=RATE (three slashes)")
    return SerialPort(url.path, _number(url, "baud", BAUD_DEFAULT))


def _open_tcp(url: SplitResult) -> Port:
    from hal.linux.socket_port import connect_tcp

    return connect_tcp(*_address(url))


def _open_tcp_listener(url: SplitResult) -> Port:
    from hal.linux.socket_port import accept_tcp

    return accept_tcp(*_address(url))


def _open_udp(url: SplitResult) -> Port:
    from hal.linux.socket_port import open_udp

    return open_udp(*_address(url), _number(url, "bind", 0))


_OPENERS: dict[str, Callable[[SplitResult], Port]] = {
    "serial": _open_serial,
    "tcp": _open_tcp,
    "tcp-listen": _open_tcp_listener,
    "udp": _open_udp,
}


def _address(url: SplitResult) -> tuple[str, int]:
    try:
        host, port = url.hostname, url.port
    except ValueError:
        host, port = None, None
    if host is None or port is None:
        raise ValueError(f"port {url.geturl()!r}: expected {url.scheme}://HOST:PORT, the port 1..65535")
    return host, port


def _number(url: SplitResult, key: str, default: int) -> int:
    known = {"serial": {"baud"}, "udp": {"bind"}}.get(url.scheme, set())
    query = parse_qs(url.query, keep_blank_values=True)
    for name in query.keys() - known:
        raise ValueError(f"port {url.geturl()!r}: unknown option {name!r}, expected {', '.join(sorted(known))}")
    text = query.get(key, [str(default)])[-1]
    if not (text.isascii() and text.isdigit()):
        raise ValueError(f"port {url.geturl()!r}: {key} = {text!r}, expected a number")
    return int(text)
