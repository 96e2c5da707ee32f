"""A fault as a plain value, and what a kind of fault is."""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING

import msgspec

from rig.world.timeline import SECOND

if TYPE_CHECKING:
    from rig.world.pair import NodePair

WAYS = ("up", "down", "both")


class Fault(msgspec.Struct, frozen=True, kw_only=True, order=True, forbid_unknown_fields=True):
    """`kind` from `at_ns` until `until_ns` of virtual time, at node number `node` or its ground.

    `way`: the direction of the link, where the kind has one; what `amount` means, the kind says.
    """

    at_ns: int
    until_ns: int
    kind: str
    node: int = 0
    way: str = ""
    amount: float = 0.0

    def __str__(self) -> str:
        words = [self.kind, self.way, f"{self.amount:.3g}" if self.amount else ""]
        return f"{' '.join(filter(None, words))} for {(self.until_ns - self.at_ns) / SECOND:.1f} s"


Act = Callable[["NodePair", Fault, float | None], None]
"""Begins a fault with an amount, or ends it with None."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultKind:
    """`text` says what happens, and what an amount means; `act` does it. A drawn one lasts `lasts_s`, least to most."""

    name: str
    text: str
    act: Act
    lasts_s: tuple[float, float] = (5, 60)
    amount: Callable[[Random], float] = lambda _: 0.0
    has_way: bool = False


def amount_at(*path: str) -> Act:
    """Sets the attribute at `path`, as ("node", "disk", "failing"), to the amount, and to 0 at the end."""

    def act(pair: "NodePair", fault: Fault, amount: float | None) -> None:  # noqa: ARG001
        setattr(_at(pair, path), path[-1], amount or 0.0)

    return act


def flag(*path: str) -> Act:
    """Sets the attribute at `path` to True, and to False at the end."""

    def act(pair: "NodePair", fault: Fault, amount: float | None) -> None:  # noqa: ARG001
        setattr(_at(pair, path), path[-1], amount is not None)

    return act


def word(*path: str, says: str) -> Act:
    """Sets the attribute at `path` to a text, and to none at the end."""

    def act(pair: "NodePair", fault: Fault, amount: float | None) -> None:  # noqa: ARG001
        setattr(_at(pair, path), path[-1], "" if amount is None else says)

    return act


def _at(pair: "NodePair", path: tuple[str, ...]) -> object:
    found: object = pair
    for name in path[:-1]:
        found = getattr(found, name)
    return found
