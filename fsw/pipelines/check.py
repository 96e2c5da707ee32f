"""Before anything runs: does each stage find what it takes, and is there something for the ground at last?"""

from collections.abc import Mapping, Sequence

import msgspec

from fsw.pipelines.contract import ABOUT, BAND, FILES, Array, Contract, Kind, MisfitError, after
from fsw.pipelines.load import contract_of
from fsw.pipelines.stage import StageSpec, item_of
from hal.sim.scene_file import Form


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """A stage in its place: what it gives where the stages before it give what they do."""

    name: str
    contract: Contract
    gives: dict[str, Kind]


def contracts_of(stages: Sequence[StageSpec]) -> list[Contract]:
    """Raises ValueError naming the stage whose parameters are wrong, or which cannot be had."""
    found = []
    for number, spec in enumerate(stages):
        try:
            found.append(contract_of(spec))
        except ValueError as error:
            raise ValueError(f"{place(number, spec)}: {error}") from None
    return found


def seen(form: Form) -> dict[str, Kind]:
    """What a camera gives whose frames are like this."""
    return {item_of(is_packed=form.is_packed): Array((form.dtype,), (BAND, *form.shape[1:]), form.bands)}


def follow(stages: Sequence[StageSpec], contracts: Sequence[Contract], camera: Mapping[str, Kind]) -> list[Link]:
    """Each stage in turn, beginning with what the camera gives.

    Raises ValueError that says which stage expects what, and what there is instead.
    """
    have: dict[str, Kind] = {**camera, "about": ABOUT}
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
    """Where a stage stands in the mission file."""
    return f"pipeline.stages[{number}] ({spec.name})"


def _misfit(error: MisfitError, giver: Mapping[str, str], before: str, have: Mapping[str, Kind]) -> str:
    expected = f"takes {error.name}, expected {error.expected}"
    if error.given is not None:
        return f"{expected}; {giver[error.name]} gives {error.given}"
    given = ", ".join(f"{name} ({have[name]})" for name in have if giver[name] == before and name != "about")
    return f"{expected}; the stage before, {before}, gives {given}, and none before it gives {error.name}"
