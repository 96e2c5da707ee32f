"""Faults of the node's disk."""

from typing import TYPE_CHECKING

from rig.world.faults.fault import Fault, FaultKind, amount_at, flag

if TYPE_CHECKING:
    from rig.world.pair import NodePair


def _disk_full(pair: "NodePair", fault: Fault, amount: float | None) -> None:  # noqa: ARG001
    pair.node.disk.octets_max = None if amount is None else pair.node.disk.octets


def _disk_rots(pair: "NodePair", fault: Fault, amount: float | None) -> None:  # noqa: ARG001
    if amount is not None:
        pair.rot_disk(amount)


KINDS = (
    FaultKind(name="disk full", text="ENOSPC: no file can grow", act=_disk_full),
    FaultKind(
        name="disk failing",
        text="EIO: calls of the disk fail; amount: their share",
        act=amount_at("node", "disk", "failing"),
        amount=lambda random: random.uniform(0.05, 1.0),
    ),
    FaultKind(
        name="disk tears",
        text="EIO, after a part of the octets was written; amount: the share of writes",
        act=amount_at("node", "disk", "tearing"),
        amount=lambda random: random.uniform(0.05, 1.0),
    ),
    FaultKind(
        name="disk strays",
        text="writes change another file of the folder, and are confirmed; amount: their share",
        act=amount_at("node", "disk", "misdirecting"),
        amount=lambda random: random.uniform(0.01, 0.3),
    ),
    FaultKind(
        name="disk lies",
        text="a sync is confirmed and does nothing, so that a power cut later loses what was confirmed",
        act=flag("node", "disk", "is_lying"),
    ),
    FaultKind(name="disk read-only", text="EROFS: nothing can be changed", act=flag("node", "disk", "is_read_only")),
    FaultKind(
        name="disk rots",
        text="a bit of a file flips, which nobody is told; amount: which folder and file of it, 0 to 1",
        act=_disk_rots,
        amount=lambda random: random.random(),
    ),
)
