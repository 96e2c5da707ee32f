"""The byte code of this process as one memory: every function of the loaded modules of ours, one after the other.

Constants and names in the code are not part of it. What the interpreter writes into running code to make it faster is
not seen either: Python gives the code as it was compiled.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from inspect import unwrap
from itertools import accumulate
from types import CodeType, FunctionType, ModuleType
from typing import Any

from hal.addressed_memory import ReadOnlyMemory
from kernels.coding.crc import crc32c

ROOMS = ("fsw", "hal", "kernels", "link")
"""The packages whose code flies."""
_CACHED = type(cache(lambda: None))


class CodeMemory(ReadOnlyMemory):
    """The code of the functions in `modules`, by the modules' names.

    It keeps a copy of each function's code, from which `repair` restores a function that has changed.
    """

    def __init__(self, modules: Mapping[str, ModuleType]) -> None:
        self._functions = list(_functions(modules))
        self._copies = [b"".join(_parts(function.__code__)) for function in self._functions]
        self._checks = [crc32c(copy) for copy in self._copies]
        self._starts = list(accumulate(map(len, self._copies), initial=0))
        self.size = self._starts[-1]

    def read(self, address: int, size: int) -> bytes:
        """`size` octets from `address` on, as they are in memory now."""
        first = bisect_right(self._starts, address) - 1
        found = bytearray()
        for number in range(first, len(self._functions)):
            if self._starts[number] >= address + size:
                break
            octets = b"".join(_parts(self._functions[number].__code__))
            found += octets.ljust(len(self._copies[number]), b"\0")[: len(self._copies[number])]
        offset = address - self._starts[first]
        return bytes(found[offset : offset + size])

    def repair(self) -> None:
        """Give functions whose code has changed the kept code, where that is sound; calls under way end as they are."""
        for function, copy, check in zip(self._functions, self._copies, self._checks, strict=True):
            if b"".join(_parts(function.__code__)) != copy and crc32c(copy) == check:
                function.__code__ = _restored(function.__code__, iter(copy))


def flight_modules(loaded: Mapping[str, ModuleType]) -> dict[str, ModuleType]:
    """Of the loaded modules, those whose code flies."""
    return {name: module for name, module in loaded.items() if name.partition(".")[0] in ROOMS}


def _functions(modules: Mapping[str, ModuleType]) -> Iterator[FunctionType]:
    seen: set[int] = set()
    for name in sorted(modules):
        for function in _in_namespace(vars(modules[name]).values(), name):
            if id(function) not in seen:
                seen.add(id(function))
                yield function


def _in_namespace(values: Iterable[Any], module: str) -> Iterator[FunctionType]:
    """The functions of `module` among these values of it, also those in its classes."""
    for value in list(values):
        for one in _inside(value):
            found = unwrap(one) if isinstance(one, FunctionType | _CACHED) else one  # others may import when asked
            if isinstance(found, FunctionType) and found.__module__ == module:
                yield found
            elif isinstance(found, type) and found.__module__ == module:
                yield from _in_namespace(vars(found).values(), module)


def _inside(value: Any) -> tuple[Any, ...]:
    """What a method or property is made of, or the value itself."""
    if isinstance(value, staticmethod | classmethod):
        return (value.__func__,)
    if isinstance(value, property):
        return (value.fget, value.fset, value.fdel)
    return (value,)


def _parts(code: CodeType) -> Iterator[bytes]:
    """The code of a function, then that of each function within it."""
    yield code.co_code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _parts(constant)


def _restored(code: CodeType, octets: Iterator[int]) -> CodeType:
    """`code`, and that of each function within it, of these octets."""
    own = bytes(next(octets) for _ in code.co_code)
    constants = (_restored(one, octets) if isinstance(one, CodeType) else one for one in code.co_consts)
    return code.replace(co_code=own, co_consts=tuple(constants))
