"""Faults of the ground: its service, its clock, its archive, its inbox."""

from typing import TYPE_CHECKING

from rig.world.faults.computer import stepped
from rig.world.faults.fault import Fault, FaultKind, flag
from rig.world.timeline import SECOND

if TYPE_CHECKING:
    from rig.world.pair import NodePair


def _ground_off(pair: "NodePair", fault: Fault, amount: float | None) -> None:  # noqa: ARG001
    """Stop the ground service; a killed one may lose records that wait for the archive."""
    if amount is None:
        pair.start_ground()
    elif not pair.ground.station.status(pair.ground.now).archive.waiting:
        pair.stop_ground(in_order=not amount)


def _archive_lost(pair: "NodePair", fault: Fault, amount: float | None) -> None:  # noqa: ARG001
    if amount is not None:
        pair.lose_archive()
    else:
        pair.start_ground()


def _ground_clock(pair: "NodePair", fault: Fault, amount: float | None) -> None:  # noqa: ARG001
    pair.ground.clock.set_ahead(int((amount or 0.0) * SECOND))
    pair.wake()


KINDS = (
    FaultKind(
        name="ground off",
        text="the ground service ends and is started again; amount: 0 in order, 1 killed",
        act=_ground_off,
        lasts_s=(1, 20),
        amount=lambda random: random.randrange(2),
    ),
    FaultKind(
        name="archive lost",
        text="the ground service is killed and starts again with an empty archive",
        act=_archive_lost,
        lasts_s=(1, 20),
    ),
    FaultKind(name="archive refuses", text="the archive takes no records", act=flag("ground", "archive", "refuses")),
    FaultKind(
        name="inbox full", text="the folder of received files takes no octets", act=flag("ground", "inbox", "is_full")
    ),
    FaultKind(
        name="ground clock",
        text="UTC of the ground's clock steps, and back; amount: seconds",
        act=_ground_clock,
        amount=stepped,
    ),
)
