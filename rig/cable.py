"""A serial cable between two pseudo-terminals: real ttys at both ends, a simulated wire between them.

Run it as a process of its own. It prints one JSON line with the two port URLs, and then takes orders as lines on stdin:
`cut SECONDS` (both directions dead), `noise RATE` (bit error rate from now on), `stats` (answers with a JSON line) and
`unplug` (both ends see the line go away). It ends when stdin does.
"""

import contextlib
import json
import os
import pty
import select
import sys
import tty
from collections.abc import Callable, Sequence
from random import Random
from typing import TextIO

from hal.clock import Clock
from hal.sim.cable import CableDirection

QUANTUM_NS = 2_000_000  # delivery is at most this late: far below the time of a frame, far above the cost of waking
UART_OCTETS = 64  # a UART's hardware queue: what the program writes beyond it waits in the driver, as on a board


class PtyEnd:
    """One end of the cable: the program opens the slave by name, the cable reads and writes the master."""

    def __init__(self) -> None:
        self.master, self._slave = pty.openpty()
        tty.setraw(self._slave)  # held open here, so that the master survives while no program has it open
        os.set_blocking(self.master, False)
        self.path = os.ttyname(self._slave)

    def read(self) -> bytes:
        """Read at most UART_OCTETS of what the program wrote."""
        try:
            return os.read(self.master, UART_OCTETS)
        except BlockingIOError:
            return b""

    def deliver(self, octets: bytes) -> int:
        """Give octets to the program; returns how many were lost because it does not read (overrun, as on a UART)."""
        if not octets:
            return 0
        try:
            return len(octets) - os.write(self.master, octets)
        except BlockingIOError:
            return len(octets)

    def close(self) -> None:
        """Close the end: the program sees the line go away."""
        os.close(self.master)
        os.close(self._slave)


class PtyCable:
    """Two ends and the two directions between them."""

    def __init__(self, clock: Clock, *, baud: int, noise: float, seed: str) -> None:
        self._clock, self._baud = clock, baud
        self._ends = (PtyEnd(), PtyEnd())
        self._channels = tuple(
            CableDirection(bits_per_second=baud, noise=noise, random=Random(f"{seed}/cable/{way}"))
            for way in ("down", "up")
        )
        self._overrun_octets = 0

    @property
    def urls(self) -> dict[str, str]:
        """The port URL to open, by end."""
        return {
            name: f"serial://{end.path}?baud={self._baud}"
            for name, end in zip(("node", "ground"), self._ends, strict=True)
        }

    @property
    def masters(self) -> list[int]:
        """Descriptors of the ends whose direction has room for more."""
        now_ns = self._clock.monotonic_ns()
        return [
            end.master
            for end, channel in zip(self._ends, self._channels, strict=True)
            if channel.backlog_ns(now_ns) < QUANTUM_NS
        ]

    def next_delivery_s(self) -> float | None:
        """Seconds until `pump` has octets to move; None when both directions are idle."""
        arrivals = [ns for channel in self._channels if (ns := channel.next_arrival_ns()) is not None]
        if not arrivals:
            return None
        return max(QUANTUM_NS, min(arrivals) - self._clock.monotonic_ns()) / 1e9

    def pump(self) -> None:
        """Move octets from the programs onto the wire, and those that have arrived from the wire to the programs."""
        now_ns = self._clock.monotonic_ns()
        for channel, source, sink in zip(self._channels, self._ends, reversed(self._ends), strict=True):
            while channel.backlog_ns(now_ns) < QUANTUM_NS and (octets := source.read()):
                channel.offer(octets, now_ns)
            self._overrun_octets += sink.deliver(channel.arrived(now_ns))

    def cut(self, seconds: float) -> None:
        """Stop both directions for `seconds` from now on."""
        now_ns = self._clock.monotonic_ns()
        self.pump()
        for channel in self._channels:
            channel.cut(now_ns + int(seconds * 1e9))

    def disturb(self, noise: float) -> None:
        """Set the bit error rate from now on, 0 <= noise < 1."""
        for channel in self._channels:
            channel.set_noise(noise)

    def stats(self) -> dict[str, int]:
        """Counters of both directions together."""
        return {
            "carried_octets": sum(channel.carried for channel in self._channels),
            "flipped_bits": sum(channel.flipped_bits for channel in self._channels),
            "lost_octets": sum(channel.lost_octets for channel in self._channels),
            "overrun_octets": self._overrun_octets,
        }

    def close(self) -> None:
        """Unplug both ends."""
        for end in self._ends:
            end.close()


def carry(cable: PtyCable, orders: int, answers: TextIO) -> None:
    """Carry octets until the descriptor `orders` ends or says `unplug`."""
    _report(answers, cable.urls)
    unread = b""
    while True:
        readable, _, _ = select.select([orders, *cable.masters], [], [], cable.next_delivery_s())
        cable.pump()
        if orders in readable:
            octets = os.read(orders, 4096)
            *lines, unread = (unread + octets).split(b"\n")
            if not octets or not all(_obey(cable, line.decode(errors="replace"), answers) for line in lines):
                return


def _obey(cable: PtyCable, line: str, answers: TextIO) -> bool:
    """Execute the order in one line; False for the end of the cable. An unknown order gets an error as its answer."""
    words = line.split()
    if words == ["unplug"]:
        return False
    try:
        _ORDERS[words[0]](cable, answers, words[1:])
    except (KeyError, IndexError, ValueError):
        _report(answers, {"error": f"unknown order {line!r}; known: {', '.join(_ORDERS)}, unplug"})
    return True


_ORDERS: dict[str, Callable[[PtyCable, TextIO, Sequence[str]], None]] = {
    "cut": lambda cable, _, words: cable.cut(float(words[0])),
    "noise": lambda cable, _, words: cable.disturb(float(words[0])),
    "stats": lambda cable, answers, _: _report(answers, cable.stats()),
}


def _report(answers: TextIO, message: object) -> None:
    print(json.dumps(message), file=answers, flush=True)


def run(clock: Clock, *, baud: int, noise: float, seed: str) -> None:
    """The whole process: make a cable, serve it on stdin and stdout, close it."""
    cable = PtyCable(clock, baud=baud, noise=noise, seed=seed)
    with contextlib.closing(cable):
        carry(cable, sys.stdin.fileno(), sys.stdout)
