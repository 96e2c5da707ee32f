"""Memory management, service 6 (ECSS-E-ST-70-41C §6.6, §8.6): load, dump and check areas of memories.

Every area that is loaded carries a CRC-16 of its data; one that does not fit is not written.
"""

from collections.abc import Iterator, Mapping
from typing import Protocol

from kernels.coding.crc import crc16
from link.dictionary.declare import Record
from link.dictionary.kinds import Counted, Int16ub, Int32ub, Octets
from link.dictionary.wires import wire
from link.pus.message import Report, Request
from link.pus.services.verification import FailureCode, RefusedError, execute_each, not_mine


class Area(Record):
    """Octets of a memory."""

    address: int = wire(Int32ub)
    size: int = wire(Int32ub, unit="octets")


class FilledArea(Record):
    """Octets of a memory and what they hold."""

    address: int = wire(Int32ub)
    data: bytes = wire(Octets(Counted(16)))
    checksum: int = wire(Int16ub)


class CheckedArea(Record):
    """The CRC-16 of octets of a memory."""

    address: int = wire(Int32ub)
    size: int = wire(Int32ub, unit="octets")
    checksum: int = wire(Int16ub)


class LoadMemory(Request, service=6, subtype=2):
    """Write areas of memory `memory`."""

    memory: int = wire(Int16ub)
    areas: list[FilledArea] = wire(count=Counted(8))


class DumpMemory(Request, service=6, subtype=5):
    """Read areas of memory `memory`."""

    memory: int = wire(Int16ub)
    areas: list[Area] = wire(count=Counted(8))


class DumpedMemory(Report, service=6, subtype=6):
    """What areas hold."""

    memory: int = wire(Int16ub)
    areas: list[FilledArea] = wire(count=Counted(8))


class CheckMemory(Request, service=6, subtype=9):
    """Report the CRC-16 of areas of memory `memory`."""

    memory: int = wire(Int16ub)
    areas: list[Area] = wire(count=Counted(8))


class CheckedMemory(Report, service=6, subtype=10):
    """The CRC-16 of areas."""

    memory: int = wire(Int16ub)
    areas: list[CheckedArea] = wire(count=Counted(8))


class Memory(Protocol):
    """A memory of `size` octets. `read` and `write` are only asked for what lies inside."""

    @property
    def size(self) -> int:
        """Octets."""

    def read(self, address: int, size: int) -> bytes:
        """`size` octets from `address` on."""

    def write(self, address: int, octets: bytes) -> None:
        """Put `octets` at `address`. Raises PermissionError for a memory that cannot be written."""


class Memories:
    """Service 6 on board: the memories by number. A report holds at most `octets_max` of data."""

    def __init__(self, memories: Mapping[int, Memory], *, octets_max: int = 900) -> None:
        self._memories, self._octets_max = dict(memories), octets_max

    def handle(self, request: Request) -> Iterator[Report]:
        """Answer one request. Raises RefusedError."""
        match request:
            case LoadMemory(memory=number, areas=filled):
                memory = self._known(number)
                execute_each(filled, lambda area: _load(memory, area))
            case DumpMemory(memory=number, areas=areas):
                memory = self._known(number)
                if sum(area.size for area in areas) > self._octets_max:
                    raise RefusedError(FailureCode.BAD_ARGUMENTS, f"a report holds {self._octets_max} octets at most")
                yield DumpedMemory(memory=number, areas=[_dumped(memory, area) for area in areas])
            case CheckMemory(memory=number, areas=areas):
                memory = self._known(number)
                yield CheckedMemory(memory=number, areas=[_checked(memory, area) for area in areas])
            case _:
                raise not_mine(request)

    def _known(self, number: int) -> Memory:
        if number not in self._memories:
            raise RefusedError(FailureCode.BAD_ARGUMENTS, f"no memory {number}")
        return self._memories[number]


def _load(memory: Memory, area: FilledArea) -> None:
    if crc16(area.data) != area.checksum:
        raise RefusedError(FailureCode.BAD_ARGUMENTS, f"the data for {area.address:#x} is damaged")
    _check_inside(memory, area.address, len(area.data))
    try:
        memory.write(area.address, area.data)
    except PermissionError as error:
        raise RefusedError(FailureCode.NOT_NOW, str(error)) from None


def _dumped(memory: Memory, area: Area) -> FilledArea:
    _check_inside(memory, area.address, area.size)
    data = memory.read(area.address, area.size)
    return FilledArea(address=area.address, data=data, checksum=crc16(data))


def _checked(memory: Memory, area: Area) -> CheckedArea:
    _check_inside(memory, area.address, area.size)
    checksum = crc16(memory.read(area.address, area.size))
    return CheckedArea(address=area.address, size=area.size, checksum=checksum)


def _check_inside(memory: Memory, address: int, size: int) -> None:
    if address + size > memory.size:
        raise RefusedError(FailureCode.BAD_ARGUMENTS, f"{address:#x} + {size} octets, the memory has {memory.size}")
