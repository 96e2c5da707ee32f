"""Checks before a pipeline runs: each stage finds the items that it takes, and one gives files for the ground."""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from fsw.jobs.orders import ORDER_OCTETS_MAX
from fsw.pipelines.ask import contract_of
from fsw.pipelines.contract import ABOUT, BAND, FILES, VALID, ArrayItem, Contract, ItemKind, MisfitError, after
from fsw.pipelines.stage import StageSpec, sample_item
from hal.scene_file import SceneForm

PARAMETERS_OCTETS_MAX = ORDER_OCTETS_MAX - 65_536
"""Limit of all stages' parameters together, as MessagePack; the rest of an order has facts about the frame."""


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """A stage in its place: its contract, and what it gives when it follows the stages before it."""

    name: str
    contract: Contract
    gives: dict[str, ItemKind]


def contracts_of(stages: Sequence[StageSpec]) -> list[Contract]:
    """The contract of each stage. Raises ValueError naming a stage that cannot be loaded, or has wrong parameters."""
    found, octets = [], 0
    for number, spec in enumerate(stages):
        try:
            octets = _octets_with(spec, octets)
            found.append(contract_of(spec))
        except ValueError as error:
            raise ValueError(f"{place(number, spec)}: {error}") from None
    return found


def _octets_with(spec: StageSpec, before: int) -> int:
    """Octets of all parameters up to this stage. Raises ValueError for those that cannot be sent, or are not finite."""
    for name, value in spec.parameters.items():
        for number in _floats(value):
            if not math.isfinite(number):
                raise ValueError(f"{name}: {number}, expected a finite number")
    try:
        octets = before + len(msgspec.msgpack.encode(spec.parameters))
    except (OverflowError, TypeError) as error:
        raise ValueError(f"parameters: {error}") from None
    if octets > PARAMETERS_OCTETS_MAX:
        raise ValueError(
            f"parameters of {octets} octets with those before it, expected {PARAMETERS_OCTETS_MAX} at most"
        )
    return octets


def _floats(value: Any) -> Iterator[float]:
    if isinstance(value, float):
        yield value
    elif isinstance(value, list | dict):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _floats(item)


def seen(form: SceneForm) -> dict[str, ItemKind]:
    """The items that a camera gives whose frames have this form."""
    samples = ArrayItem((form.dtype,), (BAND, *form.shape[1:]), form.bands)
    return {sample_item(is_packed=form.is_packed): samples, VALID: ArrayItem(("uint8",), (form.shape[1], form.columns))}


def follow(stages: Sequence[StageSpec], contracts: Sequence[Contract], camera: Mapping[str, ItemKind]) -> list[Link]:
    """Follow the items through all stages, beginning with what the camera gives.

    Raises ValueError that names the stage, what it expects, and what there is instead.
    """
    have: dict[str, ItemKind] = {**camera, "about": ABOUT}
    links = []
    giver = dict.fromkeys(have, "the camera")
    before = "the camera"
    for number, (spec, contract) in enumerate(zip(stages, contracts, strict=True)):
        try:
            gives = after(have, contract)
        except MisfitError as error:
            raise ValueError(f"{place(number, spec)}: {_misfit(error, giver, before, have)}") from None
        links.append(Link(name=spec.name, contract=contract, gives=gives))
        have |= gives
        giver |= dict.fromkeys(gives, spec.name)
        before = spec.name
    if have.get("files") != FILES:
        raise ValueError("pipeline.stages: no stage gives files, expected one such as pack at the end")
    return links


def place(number: int, spec: StageSpec) -> str:
    """The position of a stage in the mission file, for error sentences."""
    return f"pipeline.stages[{number}] ({spec.name})"


def _misfit(error: MisfitError, giver: Mapping[str, str], before: str, have: Mapping[str, ItemKind]) -> str:
    expected = f"takes {error.name}, expected {error.expected}"
    if error.given is not None:
        return f"{expected}; {giver[error.name]} gives {error.given}"
    given = ", ".join(f"{name} ({have[name]})" for name in have if giver[name] == before and name != "about")
    return f"{expected}; the stage before, {before}, gives {given}, and none before it gives {error.name}"
