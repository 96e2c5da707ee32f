"""A schedule: all that a world is made of, as a plain value that can be saved, read by a person, and flown again."""

from collections.abc import Sequence
from itertools import chain
from pathlib import Path
from random import Random

import msgspec

from hal.linux.whole_file import whole_file
from kernels.usage import UsageError
from rig.world.faults import KINDS, WAYS, Fault, drawn
from rig.world.timeline import SECOND

SECONDS = 240.0
NODES = 3
NODES_MAX, SECONDS_MAX, _OCTETS_MAX, _AMOUNT_MAX = 100, 3_600_000.0, 1 << 24, 1e8


class FaultSchedule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`nodes` fly for `seconds` of virtual time with these `faults`; orders, noise and rates are drawn from `seed`."""

    seed: int
    nodes: int = NODES
    seconds: float = SECONDS
    faults: tuple[Fault, ...] = ()

    def of_node(self, number: int) -> list[Fault]:
        """The faults of one node and its ground."""
        return [fault for fault in self.faults if fault.node == number]


def schedule_of(seed: int, seconds: float = SECONDS, nodes: int = NODES, kinds: Sequence[str] = ()) -> FaultSchedule:
    """The schedule that is drawn from a seed; of these kinds of fault only, if any are given."""
    found = [drawn(Random(f"{seed}/{node}/faults"), seconds, node, kinds) for node in range(nodes)]
    return FaultSchedule(seed=seed, nodes=nodes, seconds=seconds, faults=tuple(sorted(chain(*found))))


def save_schedule(schedule: FaultSchedule, path: Path) -> None:
    """Write the schedule to a file. Raises OSError."""
    with whole_file(path) as file:
        file.write(msgspec.json.format(msgspec.json.encode(schedule)) + b"\n")


def load_schedule(path: Path) -> FaultSchedule:
    """Read a schedule from a file. Raises UsageError with one sentence."""
    try:
        octets = path.read_bytes()
        if len(octets) > _OCTETS_MAX:
            raise UsageError(f"{path}: {len(octets)} octets, expected {_OCTETS_MAX} at most")
        schedule = msgspec.json.decode(octets, type=FaultSchedule)
    except OSError as error:
        raise UsageError(f"{path}: not a readable schedule ({error.strerror})") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: {error}") from None
    if complaint := _complaint(schedule):
        raise UsageError(f"{path}: {complaint}")
    return schedule


def _complaint(schedule: FaultSchedule) -> str:
    """What is wrong in a schedule that somebody wrote, in words; "" if it can be flown."""
    if not 1 <= schedule.nodes <= NODES_MAX:
        return f"nodes = {schedule.nodes}, expected 1..{NODES_MAX}"
    if not 0 < schedule.seconds <= SECONDS_MAX:
        return f"seconds = {schedule.seconds:g}, expected more than 0 and up to {SECONDS_MAX:g}"
    for number, fault in enumerate(schedule.faults):
        if fault.kind not in KINDS:
            return f"faults[{number}].kind = {fault.kind!r}, expected one of {', '.join(KINDS)}"
        ways = WAYS if KINDS[fault.kind].has_way else ("",)
        if fault.way not in ways:
            return f"faults[{number}].way = {fault.way!r}, expected {' or '.join(map(repr, ways))}"
        if not 0 <= fault.at_ns <= fault.until_ns <= SECONDS_MAX * SECOND:
            return f"faults[{number}].until_ns = {fault.until_ns}, expected at_ns or more"
        if not abs(fault.amount) <= _AMOUNT_MAX:
            return f"faults[{number}].amount = {fault.amount:g}, expected {_AMOUNT_MAX:g} at most"
        if not 0 <= fault.node < schedule.nodes:
            return f"faults[{number}].node = {fault.node}, expected 0..{schedule.nodes - 1}"
    return ""
