"""Ports by URL, so that the same command runs over a pseudo-terminal, a UART or a network.

serial:///dev/ttyAMA0?baud=115200     a UART, a USB adapter, a pseudo-terminal
tcp://host:port                       connect to a listening peer
tcp-listen://host:port                wait for peers, one at a time (use 127.0.0.1 unless the network is yours alone)
udp://host:port?bind=port             datagrams with one peer

A port that cannot be opened at the start is an error; a line lost later is opened again (hal/linux/lasting_port.py).
"""

from collections.abc import Callable
from functools import cache, partial
from urllib.parse import SplitResult, parse_qs, urlsplit

from hal.clock import Clock
from hal.linux.clock import HostClock
from hal.linux.lasting_port import LastingPort
from hal.port import Line
from kernels.usage import given

HOST_CLOCK = HostClock()
BAUD_DEFAULT = 115_200
BAUDS = range(50, 12_000_001)  # from the slowest that termios knows to the fastest USB adapters
_NUMBERS = range(1, 65_536)  # numbers of TCP and UDP ports


def open_port(url: str, clock: Clock = HOST_CLOCK, *, is_patient: bool = False) -> LastingPort:
    """Open the port that `url` names. UsageError: not a form of URL above; OSError: the device cannot be opened.

    Where it `is_patient`, a line that cannot be opened now counts as one that was lost, and is opened later.
    """
    with given(f"port {url!r}"):
        parts = urlsplit(url)
        return _opener(parts.scheme)(parts, clock, is_patient)


def prepare_port(url: str) -> None:
    """Do ahead what takes time when this process opens the port `url`, which another one has open meanwhile."""
    from hal.linux import serial_port

    parts = urlsplit(url)
    if parts.scheme == "serial":
        serial_port.look_ahead(parts.path)


_Opener = Callable[[SplitResult, Clock, bool], LastingPort]


def _opener(scheme: str) -> _Opener:
    if scheme not in _OPENERS:
        raise ValueError(f"expected one of {', '.join(f'{scheme}://' for scheme in _OPENERS)}")
    return _OPENERS[scheme]


def _first(opener: Callable[[], Line], is_patient: bool) -> Line | None:
    try:
        return opener()
    except OSError:
        if not is_patient:
            raise
        return None


def _open_serial(url: SplitResult, clock: Clock, is_patient: bool) -> LastingPort:
    from hal.linux.serial_port import SerialLine

    if url.netloc or not url.path:
        raise ValueError("expected serial:///dev/NAME?baud=RATE (three slashes)")
    baud = _options(url, baud=BAUDS).get("baud", BAUD_DEFAULT)
    reopen = partial(SerialLine, url.path, baud)
    return LastingPort(url.path, clock, line=_first(reopen, is_patient), reopen=reopen, bits_per_second=baud)


def _open_tcp(url: SplitResult, clock: Clock, is_patient: bool) -> LastingPort:
    from hal.linux.socket_port import TcpDialer

    _options(url)
    dialer = cache(partial(TcpDialer, *_address(url)))  # one that could not look up its peer's address is made anew
    opener = (lambda: dialer().call()) if is_patient else (lambda: dialer().connect())
    return LastingPort(_name(url), clock, line=_first(opener, is_patient), reopen=lambda: dialer().call())


def _open_tcp_listener(url: SplitResult, clock: Clock, _: bool) -> LastingPort:
    from hal.linux.socket_port import TcpListener

    _options(url)
    listener = TcpListener(*_address(url))
    return LastingPort(listener.name, clock, door=listener)


def _open_udp(url: SplitResult, clock: Clock, is_patient: bool) -> LastingPort:
    from hal.linux.socket_port import UdpPair

    pair = cache(partial(UdpPair, *_address(url), _options(url, bind=_NUMBERS).get("bind", 0)))
    opener = lambda: pair().open()  # noqa: E731
    return LastingPort(_name(url), clock, line=_first(opener, is_patient), reopen=opener)


_OPENERS: dict[str, _Opener] = {
    "serial": _open_serial,
    "tcp": _open_tcp,
    "tcp-listen": _open_tcp_listener,
    "udp": _open_udp,
}


def _name(url: SplitResult) -> str:
    host, port = _address(url)
    return f"{url.scheme}://{f'[{host}]' if ':' in host else host}:{port}"


def _address(url: SplitResult) -> tuple[str, int]:
    try:
        host, port = url.hostname, url.port
    except ValueError:  # out of range, or no number
        host, port = None, None
    if not host or not port:
        raise ValueError(f"expected {url.scheme}://HOST:PORT, the port {_NUMBERS[0]}..{_NUMBERS[-1]}")
    return host, port


def _options(url: SplitResult, **known: range) -> dict[str, int]:
    """The options behind the question mark; `known` gives their names and ranges."""
    options = {}
    for name, texts in parse_qs(url.query, keep_blank_values=True).items():
        if name not in known:
            raise ValueError(f"unknown option {name!r}, expected {', '.join(known) or 'none'}")
        text, numbers = texts[-1], known[name]
        if not (text.isascii() and text.isdigit() and int(text) in numbers):
            raise ValueError(f"{name} = {text!r}, expected a number, {numbers[0]}..{numbers[-1]}")
        options[name] = int(text)
    return options
