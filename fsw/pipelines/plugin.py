"""A stage in a shared library of the user's own (csrc/include/skyrack_stage.h), by cffi's ABI mode."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from fsw.pipelines.contract import ArrayItem, Contract, sound
from fsw.pipelines.stage import Items
from kernels.usage import did_you_mean

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
else:
    from kernels.late import np

ABI = 1
_CONTRACT_OCTETS_MAX = 1 << 16
_DECLARATIONS = """
    typedef struct { const void *data; const size_t *shape; size_t axes; } sr_stage_array;
    const char *sr_stage_contract(void);
    int sr_stage_run(const sr_stage_array *takes, const sr_stage_array *gives, const double *parameters);
"""


class _Array(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An array in the JSON text of a contract."""

    dtypes: tuple[str, ...]
    axes: tuple[str | int, ...]
    bands: tuple[str, ...] = ()

    @property
    def kind(self) -> ArrayItem:
        return ArrayItem(self.dtypes, self.axes, self.bands)


class _Text(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The JSON text of a contract."""

    abi: int
    takes: dict[str, _Array]
    gives: dict[str, _Array]
    parameters: dict[str, float] = {}


class PluginStage:
    """The stage in the shared library `library`. Raises ValueError where it is no stage, or for unknown parameters."""

    def __init__(self, library: Path, parameters: Mapping[str, Any]) -> None:
        from cffi import FFI  # only workers call a library, and its import takes a while

        self._ffi = FFI()
        self._ffi.cdef(_DECLARATIONS)
        try:
            self._library = self._ffi.dlopen(str(library))
            text, self._run = self._library.sr_stage_contract(), self._library.sr_stage_run
        except (OSError, AttributeError) as error:
            raise ValueError(f"not a stage: {error}") from None
        if text == self._ffi.NULL:
            raise ValueError("not a stage: sr_stage_contract gives NULL, expected the text of a contract")
        self._said = _read(self._ffi.string(text, _CONTRACT_OCTETS_MAX))
        sound(self.contract())
        self._parameters = _settled(self._said.parameters, parameters)

    def contract(self) -> Contract:
        """The contract that the library states."""
        return Contract(
            takes={name: array.kind for name, array in self._said.takes.items()},
            gives={name: array.kind for name, array in self._said.gives.items()},
        )

    def run(self, **items: Any) -> Items:
        """Call the library; raises RuntimeError with the status that it returns on failure."""
        sizes = {
            axis: size
            for name, array in self._said.takes.items()
            for axis, size in zip(array.axes, items[name].shape, strict=True)
        }
        given = {
            name: np.zeros([sizes.get(axis, axis) for axis in array.axes], array.dtypes[0])
            for name, array in self._said.gives.items()
        }
        takes, keep_takes = self._arrays(items[name].copy() for name in self._said.takes)  # it may cast the const away
        gives, keep_gives = self._arrays(given.values())
        status = self._run(takes, gives, self._ffi.new("double[]", self._parameters))
        del keep_takes, keep_gives  # until here the library uses their memory
        if status:
            raise RuntimeError(f"the stage failed with {status}")
        return given

    def _arrays(self, arrays: Iterable[NDArray[Any]]) -> tuple[Any, list[Any]]:
        """The arrays as the header declares them, and the objects to keep alive while they are used."""
        rows = [(self._ffi.from_buffer(array), self._ffi.new("size_t[]", array.shape), array.ndim) for array in arrays]
        return self._ffi.new("sr_stage_array[]", rows), rows


def _read(text: bytes) -> _Text:
    try:
        declared = msgspec.json.decode(text, type=_Text)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"not a contract: {error}") from None
    if declared.abi != ABI:
        raise ValueError(f"made for ABI {declared.abi}, expected {ABI}")
    known = {axis for array in declared.takes.values() for axis in array.axes}
    for name, array in declared.gives.items():
        if len(array.dtypes) != 1 or any(isinstance(axis, str) and axis not in known for axis in array.axes):
            raise ValueError(f"{name}: {array.kind}, expected one dtype, and axes as in what is taken")
    return declared


def _settled(known: Mapping[str, float], given: Mapping[str, Any]) -> list[float]:
    for name, value in given.items():
        if name not in known:
            raise ValueError(
                f"{name}: unknown key, expected one of {', '.join(known) or 'none'}{did_you_mean(name, known)}"
            )
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise ValueError(f"{name}: expected a number, got {type(value).__name__}")  # noqa: TRY004 - a person typed it
        if not abs(value) <= sys.float_info.max:
            raise ValueError(f"{name}: {value}, expected a finite number")
    return [float(given.get(name, value)) for name, value in known.items()]
