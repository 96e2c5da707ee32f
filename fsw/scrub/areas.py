"""The memories of a node by number: what is checked again and again, and what is only looked at."""

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from fsw.pipelines.stage import StageSpec
from fsw.pus.parameters import Parameters
from fsw.scrub.code_memory import CodeMemory, flight_modules
from hal.addressed_memory import AddressedMemory, ReadOnlyMemory
from hal.linux.memories import FileMemory, LibraryMemory
from kernels.coding.crc import crc32c
from kernels.library import LIBRARY_FILE

PARAMETERS, CODE, KERNELS, FIRST_FILE = 1, 2, 3, 16
"""Numbers of memories: the parameters, the byte code, the kernels, and of files the first."""
AREA_OCTETS_AT_ONCE = 1 << 16
"""How much is read at once."""
_FILES_MAX = 64


class WatchedArea(NamedTuple):
    """Memory `number`, which never changes while the node runs; `repair`, where there is one, undoes a change.

    `expected` is its CRC-32C as it was loaded; None where it could not be read then.
    """

    number: int
    name: str
    memory: AddressedMemory
    repair: Callable[[], None] | None = None
    expected: int | None = None


def watched(number: int, name: str, memory: AddressedMemory, repair: Callable[[], None] | None = None) -> WatchedArea:
    """The area as it is now."""
    crc = 0
    try:
        for address in range(0, memory.size, AREA_OCTETS_AT_ONCE):
            crc = crc32c(memory.read(address, min(AREA_OCTETS_AT_ONCE, memory.size - address)), crc)
    except OSError:
        return WatchedArea(number, name, memory, repair)
    return WatchedArea(number, name, memory, repair, crc)


class ParametersMemory(ReadOnlyMemory):
    """The parameters that can be set: identifier and value of each, as service 20 encodes them, by identifier."""

    def __init__(self, parameters: Parameters) -> None:
        self._parameters = parameters

    @property
    def size(self) -> int:
        """The octets of all identifiers and values."""
        return len(self._parameters.image())

    def read(self, address: int, size: int) -> bytes:
        """`size` octets from `address` on."""
        return self._parameters.image()[address : address + size]


def host_areas(stages: Iterable[StageSpec], kernels: Path = LIBRARY_FILE) -> Iterator[WatchedArea]:
    """What a node on this host can check: its byte code, the kernels in memory, and the files that its stages name.

    To be made once, before executives are forked: it takes longer than their start may.
    """
    code = CodeMemory(flight_modules(sys.modules))
    yield watched(CODE, "code", code, code.repair)
    with suppress(OSError):  # a host may forbid a process to read itself
        yield watched(KERNELS, "kernels", LibraryMemory(kernels))
    for number, path in enumerate(sorted(_files(stages))[:_FILES_MAX], FIRST_FILE):
        yield watched(number, path.name, FileMemory(path))


def _files(stages: Iterable[StageSpec]) -> set[Path]:
    """The files that stages are, or take as a parameter: models, and the keys that sign them."""
    found = set()
    for stage in stages:
        for name in _texts([stage.name if stage.is_file else None, *stage.parameters.values()]):
            with suppress(ValueError):  # a text that names no file
                found.add(stage.path(name))
    return found


def _texts(values: Iterable[object]) -> Iterator[str]:
    for value in values:
        if isinstance(value, str):
            yield value
        elif isinstance(value, list | tuple):
            yield from _texts(value)
