"""One row: our code and a peer's, checked to agree, then timed alternately in the CPU time of this thread.

A module of rows is short:

    def rows() -> Iterator[Row]:
        fastcrc = peer("fastcrc")
        theirs = fastcrc and (lambda: fastcrc.crc16.ibm_3740(data))
        yield compare("CRC-16, 1 MiB", "fastcrc", lambda: crc16(data), theirs, amount=len(data) / 1e9, unit="GB/s")
"""

import gc
import operator
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from kernels import library

ROUNDS = 7
PEERS = f"{sys.prefix}/peers"
BROUGHT_BY = {
    "libfec": "Debian's libfec-dev", "ISA-L": "Debian's libisal-dev", "fastcrc": "pip: fastcrc>=0.5",
    "creedsolo": "pip: reedsolo 2.1.1b1, built with Cython", "onnxruntime": "pip: onnxruntime and onnxmltools",
    "LightGBM": "pip: lightgbm", "cv2": "pip: opencv-python-headless", "scipy": "pip: scipy", "numba": "pip: numba",
    "rasterio": "pip: rasterio", "space_packet_parser": "pip: space_packet_parser", "ccsdspy": "pip: ccsdspy",
    "spacepackets": "pip: spacepackets", "cfdp-py": "pip: cfdp-py",
}  # fmt: skip
"""Packages of the peers, by the beginning of a row's peer; other peers are C code here, which needs a compiler."""
TURN_NS = 15_000_000  # long enough for clock and caches, short enough that the machine's load is equal for both


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One comparison: rates `ours` and `theirs` in `unit`, more is better; `theirs` is None if the peer is missing."""

    name: str
    peer: str
    level: str
    ours: float
    theirs: float | None
    unit: str
    hold: float | None
    """The promised ratio: that on the slowest machine, less a margin; None where the row only informs."""

    @property
    def ratio(self) -> float | None:
        """Our rate divided by theirs; None where the peer is missing."""
        return None if self.theirs is None else self.ours / self.theirs

    @property
    def met(self) -> bool:
        """Whether the promised ratio is reached; False if it could not be checked."""
        return self.hold is None or (self.ratio is not None and self.ratio >= self.hold)

    def record(self) -> dict[str, Any]:
        """The row as plain data for the JSON file."""
        names = ("name", "peer", "level", "ours", "theirs", "unit", "ratio", "hold", "met")
        return {name: getattr(self, name) for name in names}


def peer(module: str) -> Any:
    """The module of a peer, or None where it is not installed."""
    try:
        return import_module(module)
    except ImportError:
        return None


def newest_peer(module: str) -> Any:
    """The newest release of a peer, from a folder of its own, because other packages require an older one; None where
    it is missing.
    """
    sys.path.insert(0, PEERS)
    try:
        found = peer(module)
    finally:
        sys.path.remove(PEERS)
    return found if found and found.__file__.startswith(PEERS) else None


@contextmanager
def at_level(name: str) -> Iterator[None]:
    """Run our kernels at one level, then at the usual one again."""
    library.select_level(name)
    try:
        yield
    finally:
        library.select_level()


def compare(
    name: str,
    against: str,
    ours: Callable[[], Any],
    theirs: Callable[[], Any] | None,
    *,
    amount: float,
    unit: str,
    hold: float | None = None,
    equal: Callable[[Any, Any], Any] = operator.eq,
    their_amount: float | None = None,
) -> Row:
    """Time two ways to do the same `amount` of work; `unit` is that amount's unit per second.

    A peer too slow for all of it does `their_amount`. `equal` compares the results before any timing: AssertionError
    where they differ. It must fail if either does nothing, so it compares contents, not only counts. `theirs` is None
    where the peer is missing; the row then names its package. Both must be repeatable: code that works in place should
    work on a copy, or undo its changes.
    """
    if theirs and not equal(ours(), theirs()):
        raise AssertionError(f"{name}: the results of {against} and ours differ")
    contestants = [ours] if theirs is None else [ours, theirs]
    amounts = [amount, amount if their_amount is None else their_amount]
    medians = [one * 1e9 / nanoseconds for one, nanoseconds in zip(amounts, by_turns(contestants), strict=False)]
    return Row(
        name=name, peer=against if theirs else f"{against} (missing: {brought_by(against)})",
        level=library.level(), ours=medians[0], theirs=medians[1] if theirs else None,
        unit=unit, hold=hold,
    )  # fmt: skip


def brought_by(against: str) -> str:
    """The package to install for a peer."""
    return next((package for name, package in BROUGHT_BY.items() if against.startswith(name)), "a C compiler: gcc")


def alone(name: str, ours: Callable[[], Any], *, amount: float, unit: str, promise: float) -> Row:
    """Time work that no peer does as a whole, next to the rate `promise`; the caller checks its result.

    Such a row only informs: a rate depends on the machine, so only a ratio can be promised.
    """
    (nanoseconds,) = by_turns([ours])
    return Row(
        name=name, peer="(wanted)", level=library.level(), ours=amount * 1e9 / nanoseconds, theirs=promise, unit=unit,
        hold=None,
    )  # fmt: skip


def settle_heap() -> None:
    """Bring the heap into the state of a separate process that has run for a while; otherwise page faults and the
    objects of other rows would be measured.

    glibc raises its mmap threshold to the largest mapped block that was freed, 32 MiB at most; the garbage collector no
    longer visits the present objects.
    """
    bytearray(31 << 20)
    gc.collect()
    gc.freeze()


def by_turns(contestants: list[Callable[[], Any]]) -> list[float]:
    """Median CPU nanoseconds of one call of each contestant; they are called in turns."""
    settle_heap()
    calls = [calibrated(contestant) for contestant in contestants]
    turns = [[timed(*pair) for pair in zip(contestants, calls, strict=True)] for _ in range(ROUNDS)]
    return [statistics.median(column) for column in zip(*turns, strict=True)]


def calibrated(contestant: Callable[[], Any]) -> int:
    """Number of calls that fill one turn."""
    calls = 1
    while (spent := calls * timed(contestant, calls)) < TURN_NS / 4:
        calls *= 2
    return max(1, round(calls * TURN_NS / spent))


def timed(contestant: Callable[[], Any], calls: int) -> float:
    """CPU nanoseconds of one call, over `calls` of them."""
    start = time.thread_time_ns()
    for _ in range(calls):
        contestant()
    return (time.thread_time_ns() - start) / calls
