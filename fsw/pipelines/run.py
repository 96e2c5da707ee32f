"""A pipeline in a worker: its stages in order, each checked against its contract, up to the files for the ground."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from fsw.pipelines.contract import (
    ABOUT,
    DTYPES,
    VALID,
    ArrayItem,
    Contract,
    ItemKind,
    MisfitError,
    after,
    conforms,
    kind_of,
)
from fsw.pipelines.load import load_stage
from fsw.pipelines.stage import MODELS, REPAIRS, About, File, Items, ModelUsed, PipelineStep, StageSpec, sample_item
from fsw.pipelines.valid import parted

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
else:
    from kernels.late import np


class Work(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The parameters of a job: its samples are the item `item`, and have these bands.

    Where it `is_masked`, one more plane follows those of the bands: not 0 where there is data. `answer`: the item, an
    array, that is wanted in place of files.
    """

    stages: tuple[StageSpec, ...]
    item: str
    bands: tuple[str, ...]
    about: About
    is_masked: bool = False
    answer: str = ""


class Made(msgspec.Struct, frozen=True, array_like=True):
    """Files for the ground, how often changed memory was found and repaired on the way, and the models used."""

    files: list[File]
    repairs: int
    models: list[ModelUsed] = []


class _Array(msgspec.Struct, frozen=True, array_like=True):
    """An array as the answer of a job: the name of its type, its shape, and its octets as the processor has them."""

    dtype: str
    shape: tuple[int, ...]
    octets: bytes


def run(samples: NDArray[Any] | memoryview, parameters: dict[str, Any]) -> bytes:
    """Run all stages; returns what `made_of` decodes, or `array_of` where an item is the answer.

    Raises ValueError where a stage breaks its contract.
    """
    work = msgspec.convert(parameters, Work)
    items, kinds = begun(samples, work)
    files: list[File] = []
    models: list[ModelUsed] = []
    repairs = 0
    for number, spec in enumerate(work.stages):
        try:
            given = done(load_stage(spec), items, kinds)
            files += _files(given.pop("files", []))
        except ValueError as error:
            raise ValueError(f"stage {number} ({spec.name}): {error}") from error
        repairs += given.pop(REPAIRS, 0)
        models += given.pop(MODELS, [])
        items |= given
    if work.answer:
        return _encoded(work.answer, items.get(work.answer))
    return msgspec.msgpack.encode(Made(files, repairs, models))


def begun(samples: NDArray[Any] | memoryview, work: Work) -> tuple[Items, dict[str, ItemKind]]:
    """The items that there are before the first stage, and their kinds."""
    bands, valid = parted(samples, is_masked=work.is_masked, is_packed=work.item == sample_item(is_packed=True))
    items: Items = {work.item: _read_only(bands.view()), VALID: _read_only(valid), "about": work.about}
    return items, {work.item: kind_of(bands, work.bands), VALID: kind_of(valid), "about": ABOUT}


def made_of(answer: bytes) -> Made:
    """Decode the answer of a pipeline."""
    return msgspec.msgpack.decode(answer, type=Made)


def array_of(answer: bytes) -> NDArray[Any]:
    """Decode the answer of a pipeline of which an item was wanted. Raises ValueError."""
    said = msgspec.msgpack.decode(answer, type=_Array)
    if said.dtype not in DTYPES:
        raise ValueError(f"an array of {said.dtype[:20]!a}")
    return np.frombuffer(said.octets, said.dtype).reshape(said.shape)


def _encoded(name: str, value: object) -> bytes:
    if not isinstance(value, np.ndarray):
        raise ValueError(f"no stage gives an array {name!r}")  # noqa: TRY004  # a mistake in a job, as others are
    return msgspec.msgpack.encode(_Array(value.dtype.name, value.shape, value.tobytes()))


def files_of(answer: bytes) -> list[File]:
    """The files that a pipeline made."""
    return made_of(answer).files


def _files(given: Any) -> list[File]:
    """The files in `given`. Raises ValueError for what the node could not decode as files."""
    try:
        return msgspec.msgpack.decode(msgspec.msgpack.encode(given), type=list[File])
    except (msgspec.ValidationError, TypeError) as error:
        raise ValueError(f"files: {error}") from None


def done(stage: PipelineStep, items: Items, kinds: dict[str, ItemKind]) -> Items:
    """The items that a stage gives, checked against its contract; notes in `kinds` of what kind they are."""
    contract = stage.contract()
    promised = after(kinds, contract)
    given = stage.run(**_handed(contract, items, kinds))
    if given.keys() - {REPAIRS, MODELS} != promised.keys():
        raise ValueError(f"gave {', '.join(given) or 'nothing'}, promised {', '.join(promised)}")
    for name, kind in promised.items():
        if not conforms(kind, given[name]):
            raise MisfitError(name, kind, _kind_given(given[name]))
        kinds[name] = kind_of(given[name], kind.bands) if isinstance(kind, ArrayItem) else kind
    return {name: _sealed(value) for name, value in given.items()}


def _handed(contract: Contract, items: Items, kinds: Mapping[str, ItemKind]) -> Items:
    return {name: _selected(wanted, items[name], kinds[name]) for name, wanted in contract.takes.items()}


def _selected(wanted: ItemKind, value: Any, kind: ItemKind) -> Any:
    """The wanted bands of `value`, in that order; any other item as it is."""
    if isinstance(kind, ArrayItem) and isinstance(wanted, ArrayItem) and wanted.bands not in {(), kind.bands}:
        value = value[[kind.bands.index(band) for band in wanted.bands]]
    return _read_only(np.ascontiguousarray(value) if value.ndim else value) if isinstance(value, np.ndarray) else value


def _read_only(value: Any) -> Any:
    """A view of an array that its receiver can neither change nor make writable; anything else as it is."""
    if not isinstance(value, np.ndarray):
        return value
    value.flags.writeable = False
    return value.view()


def _sealed(value: Any) -> Any:
    """As `_read_only`; the memory that the array is a view of becomes read-only, too."""
    owner = value.base if isinstance(value, np.ndarray) else None
    while isinstance(owner, np.ndarray):
        owner.flags.writeable = False
        owner = owner.base
    return _read_only(value)


def _kind_given(value: object) -> ItemKind | None:
    return kind_of(value) if isinstance(value, np.ndarray) else None
