"""Faults of the radio, up, down or both."""

from random import Random
from typing import TYPE_CHECKING

from rig.world.faults.fault import Fault, FaultKind
from rig.world.wire import BURST_OCTETS_MAX, ECHO_UNITS_MAX, Wire

if TYPE_CHECKING:
    from rig.world.pair import NodePair

_TAKEN_MAX = 600  # octets that a stalled port still takes
_BABBLED_MAX = 2_000
BRIDGE = "bridge"
"""The kind of fault whose worlds have bridges between their nodes."""


def _wires(pair: "NodePair", fault: Fault) -> tuple[Wire, ...]:
    return {"up": (pair.up,), "down": (pair.down,)}.get(fault.way, (pair.up, pair.down))


def _weather(pair: "NodePair", fault: Fault, amount: float | None) -> None:
    for wire in _wires(pair, fault):
        setattr(wire.weather, fault.kind, amount or 0.0)


def _cut(pair: "NodePair", fault: Fault, amount: float | None) -> None:
    for wire in _wires(pair, fault):
        wire.is_cut = amount is not None


def _stall(pair: "NodePair", fault: Fault, amount: float | None) -> None:
    """A real port becomes writable when a stall ends: both ends are woken."""
    for wire in _wires(pair, fault):
        wire.takes = None if amount is None else int(amount)
    if amount is None:
        pair.wake()


def _echo(pair: "NodePair", fault: Fault, amount: float | None) -> None:
    if amount is not None:
        for wire in _wires(pair, fault):
            wire.repeat(int(amount), pair.now_ns)


def _babble(pair: "NodePair", fault: Fault, amount: float | None) -> None:
    if amount is not None:
        for wire in _wires(pair, fault):
            wire.babble(wire.random.randbytes(min(int(amount), _BABBLED_MAX)), pair.now_ns)


def _crosstalk(pair: "NodePair", fault: Fault, amount: float | None) -> None:
    for wire in _wires(pair, fault):
        wire.is_overheard = amount is not None


def _bridge(pair: "NodePair", fault: Fault, amount: float | None) -> None:  # noqa: ARG001
    for end in pair.bridges:
        for wire in (end.outgoing, end.other.outgoing):
            weather, share = wire.weather, amount or 0.0
            weather.loss = weather.twice = weather.detour = share
            weather.flips = share / 1000


def _weather_kind(name: str, least: float, most: float, text: str) -> FaultKind:
    def amount(random: Random) -> float:
        return random.uniform(least, most)

    return FaultKind(name=name, text=text, act=_weather, amount=amount, has_way=True)


KINDS = (
    _weather_kind("loss", 0.02, 0.6, "units are lost; amount: their share"),
    _weather_kind(
        "burst", 0.05, 0.5, f"up to {BURST_OCTETS_MAX} octets of a unit are noise; amount: the share of units"
    ),
    _weather_kind("flips", 1e-5, 2e-3, "bits are flipped; amount: their share"),
    _weather_kind("twice", 0.05, 0.5, "a second copy of a unit comes later; amount: the share of units"),
    _weather_kind("detour", 0.05, 0.4, "units come later than those that were sent after them; amount: their share"),
    FaultKind(name="cut", text="nothing arrives", act=_cut, lasts_s=(1, 45), has_way=True),
    FaultKind(
        name="stall",
        text="a port takes no octets any more; amount: how many it still takes",
        act=_stall,
        lasts_s=(1, 60),
        amount=lambda random: random.choice((0, random.randint(1, _TAKEN_MAX))),
        has_way=True,
    ),
    FaultKind(
        name="echo",
        text="units that were sent before come again; amount: how many",
        act=_echo,
        amount=lambda random: random.randint(1, ECHO_UNITS_MAX),
        has_way=True,
    ),
    FaultKind(
        name="babble",
        text="octets come that nobody sent; amount: how many",
        act=_babble,
        amount=lambda random: random.randint(1, _BABBLED_MAX),
        has_way=True,
    ),
    FaultKind(
        name="crosstalk", text="the next node and its ground hear what is sent here", act=_crosstalk, has_way=True
    ),
    FaultKind(
        name=BRIDGE,
        text="the bridges to other nodes lose, repeat, delay and garble; amount: the share of frames, each by itself",
        act=_bridge,
        lasts_s=(30, 120),
        amount=lambda random: random.uniform(0.05, 0.4),
    ),
)
