"""What passes between the stages of a pipeline, and what a stage promises about it.

Items have names. A stage takes some and gives some; what it gives replaces an earlier item of that name. An item is an
array, whose axes are named: axes of one name are of one size, so that a mask of (row, column) belongs to the bands of
(band, row, column). Everything else is opaque: octets, the facts about a frame, files for the ground.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from link.models.manifest import WorkerLimits

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
else:
    from kernels.late import np

Axis = str | int
BAND = "band"
VALID = "valid"
"""The name of the mask of valid pixels, which exists from the camera on (fsw/pipelines/valid.py)."""
REPAIRS = "repairs"
"""The item that any stage may give besides its contract: how often it found memory changed, and repeated its work."""
MODELS = "models"
"""Another one: the models that it computed with, a list of ModelUsed (fsw/pipelines/stage.py)."""
DTYPES = (
    *("bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"),
    *("float16", "float32", "float64", "complex64", "complex128"),
)
"""The data types of arrays: plain numbers, nothing that refers to other memory."""
_AXES_MAX, _SIZE_MAX = 8, 2**31 - 1


class ArrayItem(msgspec.Struct, frozen=True, tag="array", tag_field="kind", forbid_unknown_fields=True):
    """An array of one of `dtypes`; an axis is a name, or a size where that is fixed. A scalar has no axes.

    `bands` names the planes along the axis "band". In `takes`: the bands wanted, in this order; no others are
    handed over; empty: all that there are. In `gives`: empty stands for the bands of what was taken.
    """

    dtypes: tuple[str, ...]
    axes: tuple[Axis, ...]
    bands: tuple[str, ...] = ()

    def __str__(self) -> str:
        axes = f"({', '.join(map(str, self.axes))})" if self.axes else "scalar"
        return f"{' or '.join(self.dtypes)} {axes}" + (f" with bands {', '.join(self.bands)}" if self.bands else "")


class Opaque(msgspec.Struct, frozen=True, tag="opaque", tag_field="kind", forbid_unknown_fields=True):
    """Any item that is not an array, by the name of its type."""

    what: str

    def __str__(self) -> str:
        return self.what


ItemKind = ArrayItem | Opaque
OCTETS, ABOUT, FILES = Opaque("octets"), Opaque("facts about the frame"), Opaque("files")


class Contract(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The names and kinds of items that a stage takes and gives; `limits`: what it needs of a worker, where known."""

    takes: dict[str, ItemKind]
    gives: dict[str, ItemKind]
    limits: WorkerLimits | None = None


class MisfitError(ValueError):
    """An item does not fit: `name` is to be `expected` and is `given`, or missing if that is None."""

    def __init__(self, name: str, expected: ItemKind, given: ItemKind | None) -> None:
        super().__init__(f"{name}: expected {expected}, given {given or 'none'}")
        self.name, self.expected, self.given = name, expected, given


def plane(*dtypes: str) -> ArrayItem:
    """An image of one value a pixel."""
    return ArrayItem(dtypes, ("row", "column"))


def cube(*dtypes: str, bands: tuple[str, ...] = ()) -> ArrayItem:
    """An image of several bands."""
    return ArrayItem(dtypes, (BAND, "row", "column"), bands)


def scalar(dtype: str) -> ArrayItem:
    """A single number."""
    return ArrayItem((dtype,), ())


def sound(contract: Contract) -> Contract:
    """The contract itself. Raises ValueError that names an item in it which no pipeline can hand over."""
    for name, kind in (*contract.takes.items(), *contract.gives.items()):
        if not name.isidentifier() or name in (REPAIRS, MODELS):
            raise ValueError(f"item {name!r}, expected letters, digits and _, and neither {REPAIRS!r} nor {MODELS!r}")
        reserved = {"about": ABOUT, "files": FILES}.get(name, kind)
        if kind != reserved:
            raise ValueError(f"{name}: {kind}, expected {reserved}")
        if isinstance(kind, ArrayItem):
            _check_array(name, kind)
    return contract


def _check_array(name: str, array: ArrayItem) -> None:
    strange = [dtype for dtype in array.dtypes if dtype not in DTYPES]
    if strange or not array.dtypes:
        raise ValueError(f"{name}: dtype {', '.join(strange) or 'none'}, expected one of {', '.join(DTYPES)}")
    sizes = [axis for axis in array.axes if isinstance(axis, int)]
    if not all(1 <= size <= _SIZE_MAX for size in sizes) or "" in array.axes or len(array.axes) > _AXES_MAX:
        raise ValueError(f"{name}: {array}, expected {_AXES_MAX} axes at most, each a name or a size of 1..{_SIZE_MAX}")


def after(have: Mapping[str, ItemKind], contract: Contract) -> dict[str, ItemKind]:
    """The items that a stage gives where `have` exists. Raises MisfitError for the first item that does not fit."""
    sizes: dict[str, Axis] = {}
    bands: tuple[str, ...] = ()
    for name, wanted in contract.takes.items():
        given = have.get(name)
        if given is None or not _fits(wanted, given, sizes):
            raise MisfitError(name, wanted, given)
        if isinstance(wanted, ArrayItem) and isinstance(given, ArrayItem) and BAND in given.axes:
            bands = wanted.bands or given.bands
    used = {axis for kind in have.values() if isinstance(kind, ArrayItem) for axis in kind.axes}
    return {name: _placed(kind, sizes, used, bands) for name, kind in contract.gives.items()}


def conforms(kind: ItemKind, value: object) -> bool:
    """Whether a value is of the promised kind; octets are `bytes`."""
    if isinstance(kind, ArrayItem):
        return isinstance(value, np.ndarray) and _fits(kind, kind_of(value, kind.bands), {}) and _counts(kind, value)
    return isinstance(value, bytes) if kind == OCTETS else True


def kind_of(array: NDArray[Any], bands: tuple[str, ...] = ()) -> ArrayItem:
    """The kind of an actual array: all sizes known. `bands` are those of its first axis, if it has any."""
    axes: tuple[Axis, ...] = array.shape
    return ArrayItem((array.dtype.name,), (BAND, *axes[1:]) if bands else axes, bands)


def _fits(wanted: ItemKind, given: ItemKind, sizes: dict[str, Axis]) -> bool:
    """Whether `given` fits `wanted`; notes in `sizes` what each axis name of `wanted` stands for."""
    if not isinstance(wanted, ArrayItem) or not isinstance(given, ArrayItem):
        return wanted == given
    return (
        set(given.dtypes) <= set(wanted.dtypes)
        and len(given.axes) == len(wanted.axes)
        and all(_same(want, have, sizes) for want, have in zip(wanted.axes, given.axes, strict=True))
        and set(wanted.bands) <= set(given.bands)
    )


def _counts(kind: ArrayItem, array: NDArray[Any]) -> bool:
    return not kind.bands or len(array) == len(kind.bands)


def _same(wanted: Axis, given: Axis, sizes: dict[str, Axis]) -> bool:
    return wanted == given if isinstance(wanted, int) else sizes.setdefault(wanted, given) == given


def _placed(kind: ItemKind, sizes: dict[str, Axis], used: set[Axis], bands: tuple[str, ...]) -> ItemKind:
    """A promised kind with the sizes of what was taken. A size that only the stage knows gets a new name."""
    if not isinstance(kind, ArrayItem):
        return kind
    axes = tuple(sizes.get(axis, _fresh(axis, used)) if isinstance(axis, str) else axis for axis in kind.axes)
    return msgspec.structs.replace(kind, axes=axes, bands=kind.bands or (bands if BAND in axes else ()))


def _fresh(axis: str, used: set[Axis]) -> str:
    while axis in used and axis != BAND:
        axis += "'"
    return axis
