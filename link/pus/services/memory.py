"""Memory management, service 6 (ECSS-E-ST-70-41C §6.6, §8.6): load, dump and check areas of memories.

Every area that is loaded carries a CRC-16 of its data; one that does not fit is not written.
"""

from link.dictionary.declare import Record
from link.dictionary.kinds import Counted, Int16ub, Int32ub, Octets
from link.dictionary.wires import wire
from link.pus.message import Report, Request


class Area(Record):
    """A piece of a memory: `size` octets from `address` on."""

    address: int = wire(Int32ub)
    size: int = wire(Int32ub, unit="octets")


class FilledArea(Record):
    """A piece of a memory from `address` on with its content; `checksum` is the CRC-16 of `data`."""

    address: int = wire(Int32ub)
    data: bytes = wire(Octets(Counted(16)))
    checksum: int = wire(Int16ub)


class CheckedArea(Record):
    """A piece of a memory, `size` octets from `address` on, with the CRC-16 of its content."""

    address: int = wire(Int32ub)
    size: int = wire(Int32ub, unit="octets")
    checksum: int = wire(Int16ub)


class LoadMemory(Request, service=6, subtype=2):
    """Write these areas of memory `memory`."""

    memory: int = wire(Int16ub)
    areas: list[FilledArea] = wire(count=Counted(8))


class DumpMemory(Request, service=6, subtype=5):
    """Report the content of these areas of memory `memory`."""

    memory: int = wire(Int16ub)
    areas: list[Area] = wire(count=Counted(8))


class DumpedMemory(Report, service=6, subtype=6):
    """The content of areas of memory `memory`: the answer to DumpMemory."""

    memory: int = wire(Int16ub)
    areas: list[FilledArea] = wire(count=Counted(8))


class CheckMemory(Request, service=6, subtype=9):
    """Report the CRC-16 of each of these areas of memory `memory`."""

    memory: int = wire(Int16ub)
    areas: list[Area] = wire(count=Counted(8))


class CheckedMemory(Report, service=6, subtype=10):
    """The CRC-16 of areas of memory `memory`: the answer to CheckMemory."""

    memory: int = wire(Int16ub)
    areas: list[CheckedArea] = wire(count=Counted(8))
