"""Cases of models, their outcomes, and the table of them."""

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fsw.pipelines.models import scorer_of
from ground.models.importing import read_model
from link.models.bundle import decode_weights
from link.models.manifest import FREE, Tensor

Array = NDArray[Any]


class Made(NamedTuple):
    """A model file, samples (bands, ...) and the library's results for them, in any shape with as many numbers."""

    octets: bytes
    samples: Array
    expected: Array
    step: float = 0.0
    """Quantisation step of a result in 8-bit numbers; 0 for others."""


class Case(NamedTuple):
    """A model of a kind, trained by `make`, which raises ValueError where already `describe` refuses it."""

    framework: str
    kind: str
    make: Callable[[], Made]
    tolerance: float = 1e-5
    """Largest difference that rounding explains, relative to the largest number of the result."""


class Outcome(NamedTuple):
    """Outcome of a case: equal bit for bit, equal but for rounding, refused with a sentence, or different."""

    case: Case
    verdict: str
    remark: str = ""


def outcome(case: Case) -> Outcome:
    """Import and run a case; a missing library gives an outcome with a sentence, too."""
    try:
        made = case.make()
    except ImportError as error:
        return Outcome(case, "not installed", str(error))
    except ValueError as error:
        return Outcome(case, "refused", str(error))
    try:
        imported = read_model(made.octets)
        taken = Tensor(dtype=made.samples.dtype.name, shape=(len(made.samples),) + (FREE,) * (made.samples.ndim - 1))
        found = scorer_of(decode_weights(imported.kind, imported.weights), taken).run(made.samples)
    except ValueError as error:
        return Outcome(case, "refused", str(error))
    verdict, remark = _verdict(case, made, found)
    return Outcome(case, verdict, "; ".join(filter(None, (remark, imported.remark))))


def _verdict(case: Case, made: Made, found: Array) -> tuple[str, str]:
    if found.size != made.expected.size:
        return "DIFFERENT", f"{found.shape} for {made.expected.shape}"
    ours, theirs = found.reshape(-1).astype(np.float64), made.expected.reshape(-1).astype(np.float64)
    if np.array_equal(np.isnan(ours), np.isnan(theirs)):
        off = np.nanmax(np.abs(ours - theirs), initial=0.0)
        if off == 0:
            return "equal", "bit for bit"
        if made.step and off <= 1.01 * made.step:
            apart = (np.abs(ours - theirs) > made.step / 2).mean()
            return "equal", f"{apart:.1%} of the numbers are one step of {made.step:.2g} apart"
        most = float(np.nanmax(np.abs(theirs)))
        if not made.step and off <= case.tolerance * most:
            return "equal", f"within {off / most:.1g} of the largest number"
        return "DIFFERENT", f"up to {off:.3g} of {most:.3g}, {(ours != theirs).mean():.1%} of the numbers" + (
            f", step {made.step:.3g}" if made.step else ""
        )
    return "DIFFERENT", "NaN elsewhere"


def markdown(outcomes: Iterable[Outcome]) -> str:
    """The table of outcomes in Markdown."""
    rows = ["| framework | model | outcome | |", "|---|---|---|---|"]
    rows += [f"| {one.case.framework} | {one.case.kind} | {one.verdict} | {one.remark} |" for one in outcomes]
    return "\n".join(rows) + "\n"
