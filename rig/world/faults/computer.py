"""Faults of the node's computer: its power, its process, its heat and its clock."""

from random import Random
from typing import TYPE_CHECKING

from rig.world.faults.fault import Fault, FaultKind, flag
from rig.world.timeline import SECOND

if TYPE_CHECKING:
    from rig.world.pair import NodePair

_CALLS_OF_COMMAND_MAX = 8  # calls of the disk for one command
_CALLS_MAX = 30  # calls of the disk, in the last of which the power fails
_STEPS_S = (1, 60, 3_600, 86_400, 30 * 86_400)
_DRIFT_PPB_MAX = 500_000


def _node_off(pair: "NodePair", fault: Fault, amount: float | None) -> None:  # noqa: ARG001
    """Switch the node off; with an amount, in the middle of a later call of the disk."""
    if amount is None:
        pair.start_node()
    elif not pair.node.forgets:
        pair.cut_power(after_calls=int(amount))


def _boot_cut(pair: "NodePair", fault: Fault, amount: float | None) -> None:  # noqa: ARG001
    if amount is None:
        pair.start_node()
    elif not pair.node.forgets:
        pair.cut_power()
        pair.start_node(cut_after=int(amount))


def _mark_cut(pair: "NodePair", fault: Fault, amount: float | None) -> None:  # noqa: ARG001
    pair.node.cut_at_mark = None if amount is None else int(amount)
    if amount is None:
        pair.start_node()


def _command_cut(pair: "NodePair", fault: Fault, amount: float | None) -> None:  # noqa: ARG001
    pair.node.cut_at_octets = None if amount is None else int(amount)
    if amount is None:
        pair.start_node()


def _kill(pair: "NodePair", fault: Fault, amount: float | None) -> None:  # noqa: ARG001
    if amount is not None and not pair.node.forgets:
        pair.node.kill(after_calls=int(amount))


def _brown_out(pair: "NodePair", fault: Fault, amount: float | None) -> None:  # noqa: ARG001
    pair.supply.ail(pair.now_ns, drain_percent=amount or 0.0)
    if amount is None:
        pair.start_node()


def _thermal_trip(pair: "NodePair", fault: Fault, amount: float | None) -> None:  # noqa: ARG001
    pair.supply.ail(pair.now_ns, sun_degc=amount or 0.0)
    if amount is None:
        pair.start_node()


def _clock_step(pair: "NodePair", fault: Fault, amount: float | None) -> None:  # noqa: ARG001
    pair.node.clock.set_ahead(int((amount or 0.0) * SECOND))
    pair.wake()


def _clock_drift(pair: "NodePair", fault: Fault, amount: float | None) -> None:  # noqa: ARG001
    pair.node.clock.drift(int(amount or 0.0))
    pair.wake()


def stepped(random: Random) -> float:
    """By how many seconds a clock steps, there or back."""
    return random.choice((-1, 1)) * random.choice(_STEPS_S) * random.uniform(0.5, 1.0)


KINDS = (
    FaultKind(
        name="node off",
        text="the power of the node fails; amount: in which call of the disk, 0: between two steps",
        act=_node_off,
        lasts_s=(1, 20),
        amount=lambda random: random.choice((0, random.randint(1, _CALLS_MAX))),
    ),
    FaultKind(
        name="boot cut",
        text="the power fails, comes back, and fails again while the node starts; amount: in which call of the disk",
        act=_boot_cut,
        lasts_s=(1, 20),
        amount=lambda random: random.randint(1, _CALLS_MAX),
    ),
    FaultKind(
        name="mark cut",
        text="the power fails for a moment whenever a command is executed, before its end is told; amount: in which "
        "call of the disk, 0: after all of them",
        act=_mark_cut,
        lasts_s=(5, 30),
        amount=lambda random: random.choice((0, random.randint(1, _CALLS_OF_COMMAND_MAX))),
    ),
    FaultKind(
        name="command cut",
        text="the power fails for a moment whenever something arrives; amount: in which call of the disk",
        act=_command_cut,
        lasts_s=(5, 30),
        amount=lambda random: random.randint(1, _CALLS_OF_COMMAND_MAX),
    ),
    FaultKind(
        name="receiver upset",
        text="the node's receiver of commands forgets each frame that it took, and expects it again",
        act=flag("node", "forgets_frames"),
        lasts_s=(5, 30),
    ),
    FaultKind(
        name="kill",
        text="the process of the node is killed; amount: behind which call of the disk, 0: between two steps",
        act=_kill,
        amount=lambda random: random.choice((0, random.randint(1, _CALLS_MAX))),
    ),
    FaultKind(
        name="brown-out",
        text="the battery falls under load and cuts the power; amount: percent a second",
        act=_brown_out,
        lasts_s=(30, 120),
        amount=lambda random: random.uniform(2, 10),
    ),
    FaultKind(
        name="thermal trip",
        text="the node grows hot until its power is cut, and cold again; amount: degrees a second",
        act=_thermal_trip,
        lasts_s=(30, 90),
        amount=lambda random: random.uniform(2, 10),
    ),
    FaultKind(
        name="clock step",
        text="UTC of the node's clock steps, and back; amount: seconds",
        act=_clock_step,
        amount=stepped,
    ),
    FaultKind(
        name="clock drift",
        text="the node's clock runs fast or slow; amount: nanoseconds a second",
        act=_clock_drift,
        lasts_s=(30, 120),
        amount=lambda random: random.randint(-_DRIFT_PPB_MAX, _DRIFT_PPB_MAX),
    ),
)
