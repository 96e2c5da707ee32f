"""Tries another bundle of a model, in a worker: its golden vector, and beside the one in use on a frame.

The job's samples are a frame for the latter, and anything for the former.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from fsw.pipelines.contract import Contract
from fsw.pipelines.load import load_stage
from fsw.pipelines.run import Work, begun, done
from fsw.pipelines.stage import MODELS, REPAIRS, Items, StageSpec

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from link.models.manifest import WorkerLimits
else:
    from kernels.late import np


class ModelTrial(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The parameters: the stages with the bundle in use and with the other one, and the limits of the node's workers.

    `work` of a frame, whose own stages are those in use; None: golden vectors.
    """

    stages: tuple[StageSpec, ...]
    others: tuple[StageSpec, ...]
    timeout_s: float
    memory_octets: int
    work: Work | None = None


class Difference(msgspec.Struct, frozen=True, array_like=True):
    """How the answers of two models differ: in `differing` of `pixels`, by `largest` at most; NaN equals NaN."""

    pixels: int
    differing: int
    largest: float


def run(samples: NDArray[Any], parameters: dict[str, Any]) -> bytes:
    """Try the other bundle; returns what `difference_of` decodes. Raises what says that it is not fit."""
    trial = msgspec.convert(parameters, ModelTrial)
    if trial.work is None:
        for used, other in zip(trial.stages, trial.others, strict=True):
            if used != other:
                _check(used, other, trial)
        return msgspec.msgpack.encode(Difference(0, 0, 0.0))
    return msgspec.msgpack.encode(_compared(samples, trial.work, trial.others))


def difference_of(answer: bytes) -> Difference:
    """Decode the answer of a trial."""
    return msgspec.msgpack.decode(answer, type=Difference)


def _check(used: StageSpec, other: StageSpec, trial: ModelTrial) -> None:
    """Check the golden vector, and that the model takes and gives what the one in use does, within the limits."""
    limits = _limits(other)
    if limits.timeout_s > trial.timeout_s or limits.memory_octets > trial.memory_octets:
        wants, may = (f"{one.timeout_s:g} s and {one.memory_octets >> 20} MiB" for one in (limits, trial))
        raise ValueError(f"it wants {wants}, expected {may} at most")
    given, wanted = load_stage(other).contract(), _contract(used)
    if wanted and (given.takes, given.gives) != (wanted.takes, wanted.gives):
        takes, expected = (_words(one) for one in (given, wanted))
        raise ValueError(f"it takes {takes}, expected {expected}")


def _limits(other: StageSpec) -> WorkerLimits:
    """What the model needs. Raises ValueError where it is not fit for use."""
    from fsw.pipelines.models import Model, ModelError
    from link.bundles.keys import public_key

    keys = tuple(public_key(other.path(name).read_bytes()) for name in other.parameters["keys"])
    path = other.path(other.parameters["model"])
    try:
        return Model(path, keys).manifest.limits
    except ModelError as error:  # the path is the node's own, and the reason is to fit into an event
        raise ValueError(str(error).removeprefix(f"{path}: ")) from None


def _contract(used: StageSpec) -> Contract | None:
    """The contract with the bundle in use; None where that cannot be read, which another one is to mend."""
    try:
        return load_stage(used).contract()
    except (OSError, ValueError):
        return None


def _words(contract: Contract) -> str:
    return ", ".join(f"{name} ({kind})" for name, kind in contract.takes.items())


def _compared(samples: NDArray[Any], work: Work, others: tuple[StageSpec, ...]) -> Difference:
    """Run the stages up to the last one with the model, that one and the other way with equal inputs; the sums."""
    items, kinds = begun(samples, work)
    last = max(number for number, (used, other) in enumerate(zip(work.stages, others, strict=True)) if used != other)
    found = Difference(0, 0, 0.0)
    for used, other in zip(work.stages[: last + 1], others, strict=False):
        before = dict(kinds)
        given = done(load_stage(used), items, kinds)
        if used != other:
            found = _sum(found, _between(given, done(load_stage(other), items, before)))
        items |= {name: value for name, value in given.items() if name not in (REPAIRS, MODELS)}
    return found


def _between(ours: Items, theirs: Items) -> Difference:
    """The difference of the item that differs most."""
    arrays = (name for name, value in ours.items() if isinstance(value, np.ndarray))
    found = [_of_arrays(ours[name], theirs[name]) for name in arrays]
    return max(found, key=lambda one: (one.differing, one.largest, one.pixels), default=Difference(0, 0, 0.0))


def _of_arrays(ours: NDArray[Any], theirs: NDArray[Any]) -> Difference:
    if ours.shape != theirs.shape:
        raise ValueError(f"it gives {theirs.shape} where the model in use gives {ours.shape}")
    with np.errstate(invalid="ignore"):  # infinity less infinity
        apart = np.abs(ours.astype(np.float64) - theirs.astype(np.float64))
    same = (ours == theirs) | (np.isnan(ours) & np.isnan(theirs) if ours.dtype.kind == "f" else False)
    largest = float(np.max(apart[np.isfinite(apart) & ~same], initial=0.0))
    return Difference(ours.size, int(np.count_nonzero(~same)), largest)


def _sum(one: Difference, other: Difference) -> Difference:
    return Difference(one.pixels + other.pixels, one.differing + other.differing, max(one.largest, other.largest))
