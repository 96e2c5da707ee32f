"""Service 6 on board (ECSS-E-ST-70-41C §6.6): load, dump and check areas of memories.

An area to load carries a CRC-16 of its data; where the two do not match, or the area is not wholly inside the memory,
it is not written.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import TypeVar

from fsw.pus.instructions import execute_each, not_mine
from hal.addressed_memory import AddressedMemory
from kernels.coding.crc import crc16
from link.pus.message import Report, Request
from link.pus.services.memory import (
    Area,
    CheckedArea,
    CheckedMemory,
    CheckMemory,
    DumpedMemory,
    DumpMemory,
    FilledArea,
    LoadMemory,
)
from link.pus.services.verification import FailureCode, RefusedError

_Result = TypeVar("_Result")


class Memories:
    """The memories of a node by number.

    A dump holds at most `octets_max` octets of data, and a request checks at most `checked_max`: both stop the flight
    loop meanwhile.
    """

    def __init__(
        self, memories: Mapping[int, AddressedMemory], *, octets_max: int = 900, checked_max: int = 1 << 20
    ) -> None:
        self._memories, self._octets_max, self._checked_max = dict(memories), octets_max, checked_max

    def add(self, number: int, memory: AddressedMemory) -> None:
        """Offer one more memory."""
        assert number not in self._memories, number
        self._memories[number] = memory

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
                if sum(area.size for area in areas) > self._checked_max:
                    raise RefusedError(FailureCode.BAD_ARGUMENTS, f"{self._checked_max} octets at most are checked")
                yield CheckedMemory(memory=number, areas=[_checked(memory, area) for area in areas])
            case _:
                raise not_mine(request)

    def _known(self, number: int) -> AddressedMemory:
        if number not in self._memories:
            raise RefusedError(FailureCode.BAD_ARGUMENTS, f"no memory {number}")
        return self._memories[number]


def _load(memory: AddressedMemory, area: FilledArea) -> None:
    if crc16(area.data) != area.checksum:
        raise RefusedError(FailureCode.BAD_ARGUMENTS, f"the data for {area.address:#x} is damaged")
    _check_inside(memory, area.address, len(area.data))
    _tried(lambda: memory.write(area.address, area.data))


def _dumped(memory: AddressedMemory, area: Area) -> FilledArea:
    _check_inside(memory, area.address, area.size)
    data = _tried(lambda: memory.read(area.address, area.size))
    return FilledArea(address=area.address, data=data, checksum=crc16(data))


def _checked(memory: AddressedMemory, area: Area) -> CheckedArea:
    _check_inside(memory, area.address, area.size)
    checksum = crc16(_tried(lambda: memory.read(area.address, area.size)))
    return CheckedArea(address=area.address, size=area.size, checksum=checksum)


def _tried(access: Callable[[], _Result]) -> _Result:
    try:
        return access()
    except PermissionError as error:
        raise RefusedError(FailureCode.NOT_NOW, str(error)) from None
    except OSError as error:
        raise RefusedError(FailureCode.EXECUTION_FAILED, error.strerror or str(error)) from None


def _check_inside(memory: AddressedMemory, address: int, size: int) -> None:
    if address + size > memory.size:
        raise RefusedError(FailureCode.BAD_ARGUMENTS, f"{address:#x} + {size} octets, the memory has {memory.size}")
