"""Checks of the arguments that cross to C, all in this module, so that no kernel is given what it cannot use.

A wrong type or layout is a TypeError, a value out of range a ValueError; nothing is left to `assert`, which `python -O`
leaves out.
"""

from __future__ import annotations

import operator
import sys
from functools import cache
from typing import TYPE_CHECKING, Any

from kernels.errors import CorruptError
from kernels.library import ffi, lib

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
else:
    from kernels.late import np


@cache
def _ctypes() -> dict[Any, str]:
    """C type of the elements of an array, by dtype; a complex number is two of them."""
    return {
        np.dtype(np.uint8): "uint8_t[]", np.dtype(np.int8): "int8_t[]", np.dtype(np.bool_): "uint8_t[]",
        np.dtype(np.uint16): "uint16_t[]", np.dtype(np.uint32): "uint32_t[]", np.dtype(np.int32): "int32_t[]",
        np.dtype(np.int64): "int64_t[]", np.dtype(np.float32): "float[]", np.dtype(np.float64): "double[]",
        np.dtype(np.complex64): "float[]",
    }  # fmt: skip


def check(name: str, array: Any, dtype: Any, ndim: int | None, *, writable: bool = False) -> None:
    """Raise TypeError unless `array` is a contiguous, aligned array of `dtype` with `ndim` axes (None for any).

    Raises ValueError for one that is read-only where `writable` asks for more.
    """
    right = isinstance(array, np.ndarray) and array.dtype == dtype and ndim in (None, array.ndim)
    if not right or not (array.flags.c_contiguous and array.flags.aligned):
        wanted = "one contiguous row of" if ndim == 1 else "contiguous"
        axes = f" of {ndim} dimensions" if ndim and ndim > 1 else ""
        raise TypeError(f"{name}: {_described(array)}, expected {wanted} {np.dtype(dtype)}{axes}")
    if writable and not array.flags.writeable:
        raise ValueError(f"{name}: read-only, expected a writable array")


def pointer(array: NDArray[Any], ctype: str | None = None) -> Any:
    """Pointer to the elements of a checked or a new array, which it keeps alive; `ctype` names the C type of records,
    as "struct sr_burst[]".
    """
    return ffi.from_buffer(ctype or _ctypes()[array.dtype], array)


def checked(name: str, array: Any, dtype: Any, ndim: int | None, *, writable: bool = False) -> Any:
    """The pointer to an array that passes `check`."""
    check(name, array, dtype, ndim, writable=writable)
    return pointer(array)


def rows(frames: Any, *, writable: bool = False) -> tuple[Any, int]:
    """Pointer and stride, in octets, of frames (count, length): each row is contiguous, rows may lie apart.

    The pointer need not keep the array alive. Rows that overlap, as np.broadcast_to leaves them, are copied. Raises
    TypeError for another dtype or layout, ValueError for another number of dimensions or, where `writable` asks for
    more, for an array that is read-only or has rows that overlap.
    """
    if not isinstance(frames, np.ndarray):
        raise TypeError(f"frames: {_described(frames)}, expected uint8 (count, length)")
    if frames.ndim != 2:
        raise ValueError(f"frames: shape {frames.shape}, expected (count, length)")
    if frames.dtype == np.uint8 and frames.flags.c_contiguous and not writable:  # the usual case, several times as fast
        return ffi.from_buffer("uint8_t[]", frames), frames.shape[1]
    (count, length), (across, along) = frames.shape, frames.strides
    across, along = across if count > 1 and length else length, along if count and length > 1 else 1
    if frames.dtype != np.uint8 or along != 1 or across < 0:
        raise TypeError(f"frames: {frames.dtype} with strides {frames.strides}, expected uint8 with contiguous rows")
    if writable and not frames.flags.writeable:
        raise ValueError("frames: read-only, expected a writable array")
    if across < length:
        if writable:
            raise ValueError(f"frames of {length} octets overlap: they begin {across} octets apart")
        return ffi.from_buffer("uint8_t[]", np.ascontiguousarray(frames)), length
    return ffi.cast("uint8_t *", frames.__array_interface__["data"][0]), across


def octets_of(buffer: Any) -> Any:
    """Contiguous octets, as cffi takes them, with their length; TypeError for anything else."""
    if type(buffer) is bytes:  # the usual case
        return buffer
    if "numpy" in sys.modules and isinstance(buffer, np.ndarray) and buffer.dtype.hasobject:
        raise TypeError(f"octets expected, not {_described(buffer)}")
    try:
        return ffi.from_buffer("uint8_t[]", buffer)
    except (BufferError, ValueError) as error:
        raise TypeError(f"contiguous octets expected: {error}") from None


def whole(name: str, value: Any, low: int, high: int) -> int:
    """`value` as an int within low..high. Raises TypeError for what is no whole number, ValueError for one outside."""
    try:
        number = operator.index(value)
    except TypeError:
        raise TypeError(f"{name} = {value!r}, expected a whole number") from None
    if not low <= number <= high:
        raise ValueError(f"{name} = {number}, expected {low}..{high}")
    return number


def real(name: str, value: Any, low: float, high: float) -> float:
    """`value` as a float within low..high, never NaN. Raises TypeError for what is no number, ValueError outside."""
    try:
        number = float(value) if not isinstance(value, str | bytes) else None
    except (TypeError, OverflowError):
        number = None
    if number is None:
        raise TypeError(f"{name} = {value!r}, expected a number")
    if not low <= number <= high:
        raise ValueError(f"{name} = {number}, expected {low}..{high}")
    return number


def require(status: int) -> None:
    """Raise the exception of a kernel's status unless it is SR_OK; for callers that have no better words for it."""
    if status == lib.SR_OK:
        return
    if status == lib.SR_BAD_ARGUMENT:
        raise ValueError("an argument is outside the range that the kernel accepts")
    if status == lib.SR_CORRUPT:
        raise CorruptError("the kernel's tables or weights have changed since they were made")
    if status == lib.SR_UNSUPPORTED:
        raise RuntimeError("the device has failed, or its memory does not suffice")
    raise RuntimeError(f"a kernel's memory was planned too small (status {status})")


def _described(value: Any) -> str:
    """Type, shape and layout of an argument, for an error message."""
    if not isinstance(value, np.ndarray):
        return type(value).__name__
    layout = "" if value.flags.c_contiguous and value.flags.aligned else ", not contiguous or not aligned"
    return f"{value.dtype} {value.shape}{layout}"
