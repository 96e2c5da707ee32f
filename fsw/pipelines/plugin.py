"""A stage in a shared library of the user's own (csrc/include/skyrack_stage.h), by cffi's ABI mode."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from cffi import FFI

from fsw.pipelines.contract import Array, Contract
from fsw.pipelines.stage import Items

ABI = 1
_DECLARATIONS = """
    typedef struct { void *data; const size_t *shape; size_t axes; } sr_stage_array;
    const char *sr_stage_contract(void);
    int sr_stage_run(const sr_stage_array *takes, const sr_stage_array *gives, const double *parameters);
"""


class _Plane(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An array as the text of a contract has it."""

    dtypes: tuple[str, ...]
    axes: tuple[str | int, ...]
    bands: tuple[str, ...] = ()

    @property
    def kind(self) -> Array:
        return Array(self.dtypes, self.axes, self.bands)


class _Text(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The text of a contract."""

    abi: int
    takes: dict[str, _Plane]
    gives: dict[str, _Plane]
    parameters: dict[str, float] = {}


class PluginStage:
    """The stage in `library`. Raises ValueError for a file that is none, or for parameters that it does not have."""

    def __init__(self, library: Path, parameters: Mapping[str, Any]) -> None:
        self._ffi = FFI()
        self._ffi.cdef(_DECLARATIONS)
        try:
            self._library = self._ffi.dlopen(str(library))
            text = self._ffi.string(self._library.sr_stage_contract())
        except (OSError, AttributeError) as error:
            raise ValueError(f"not a stage: {error}") from None
        self._said = _read(text)
        self._parameters = _settled(self._said.parameters, parameters)

    def contract(self) -> Contract:
        """As the library tells it."""
        return Contract(
            takes={name: plane.kind for name, plane in self._said.takes.items()},
            gives={name: plane.kind for name, plane in self._said.gives.items()},
        )

    def run(self, **items: Any) -> Items:
        """Call the library; raises RuntimeError with the number that it fails with."""
        sizes = {
            axis: size
            for name, plane in self._said.takes.items()
            for axis, size in zip(plane.axes, items[name].shape, strict=True)
        }
        given = {
            name: np.zeros([sizes.get(axis, axis) for axis in plane.axes], plane.dtypes[0])
            for name, plane in self._said.gives.items()
        }
        taken = [items[name] for name in self._said.takes]
        keep, lists = [], []
        for arrays in (taken, list(given.values())):
            memory = [self._ffi.from_buffer(array) for array in arrays]
            shapes = [self._ffi.new("size_t[]", array.shape) for array in arrays]
            keep += [*memory, *shapes]
            rows = [(data, shape, array.ndim) for data, shape, array in zip(memory, shapes, arrays, strict=True)]
            lists.append(self._ffi.new("sr_stage_array[]", rows))
        status = self._library.sr_stage_run(*lists, self._ffi.new("double[]", self._parameters))
        if status:
            raise RuntimeError(f"the stage failed with {status}")
        return given


def _read(text: bytes) -> _Text:
    try:
        said = msgspec.json.decode(text, type=_Text)
    except msgspec.DecodeError as error:
        raise ValueError(f"not a contract: {error}") from None
    if said.abi != ABI:
        raise ValueError(f"made for ABI {said.abi}, expected {ABI}")
    known = {axis for plane in said.takes.values() for axis in plane.axes}
    for name, plane in said.gives.items():
        if len(plane.dtypes) != 1 or any(isinstance(axis, str) and axis not in known for axis in plane.axes):
            raise ValueError(f"{name}: {plane.kind}, expected one dtype, and axes as in what is taken")
    return said


def _settled(known: Mapping[str, float], said: Mapping[str, Any]) -> list[float]:
    for name, value in said.items():
        if name not in known:
            raise ValueError(f"{name}: unknown key, expected one of {', '.join(known) or 'none'}")
        if not isinstance(value, int | float):
            raise ValueError(f"{name}: expected a number, got {type(value).__name__}")  # noqa: TRY004 - a person typed it
    return [float(said.get(name, value)) for name, value in known.items()]
