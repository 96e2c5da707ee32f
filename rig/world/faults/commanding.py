"""Faults of who commands: updates in any order, and somebody else on the same uplink."""

from typing import TYPE_CHECKING

from rig.world.faults.fault import Fault, FaultKind

if TYPE_CHECKING:
    from rig.world.pair import NodePair

UPDATES = "updates"


def _updates(pair: "NodePair", fault: Fault, amount: float | None) -> None:  # noqa: ARG001
    if amount is None:
        pair.updater.end()
    else:
        pair.updater.begin(pair.now_ns, amount)


KINDS = (
    FaultKind(
        name=UPDATES,
        text="updates of software and a model are commanded in any order, with resets between; amount: orders a second",
        act=_updates,
        lasts_s=(20, 60),
        amount=lambda random: random.uniform(0.4, 1.5),
    ),
)
