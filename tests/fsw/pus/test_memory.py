"""Service 6: areas of memories are loaded, dumped and checked."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsw.pus.memory import Memories
from kernels.coding.crc import crc16
from link.pus.services.memory import Area, CheckMemory, DumpMemory, FilledArea, LoadMemory
from link.pus.services.verification import RefusedError


def done(service, request):
    return list(service.handle(type(request).decode(request.encode())))


class Ram:
    def __init__(self, size, writable=True):
        self.octets, self.writable, self.size = bytearray(size), writable, size

    def read(self, address, size):
        return bytes(self.octets[address : address + size])

    def write(self, address, octets):
        if not self.writable:
            raise PermissionError("a read-only memory")
        self.octets[address : address + len(octets)] = octets


class Gone(Ram):
    def read(self, address, size):
        raise OSError(5, "Input/output error")


def filled(address, data, checksum=None):
    return FilledArea(address=address, data=data, checksum=crc16(data) if checksum is None else checksum)


@given(st.integers(0, 90), st.binary(max_size=10))
@pytest.mark.requirement("FSW-PUS-007")
def test_what_is_loaded_is_dumped_and_checked(address, data):
    memories = Memories({1: Ram(100)})
    done(memories, LoadMemory(memory=1, areas=[filled(address, data)]))
    area = Area(address=address, size=len(data))
    (dumped,) = done(memories, DumpMemory(memory=1, areas=[area]))
    assert dumped.areas == [filled(address, data)]
    (checked,) = done(memories, CheckMemory(memory=1, areas=[area]))
    assert [one.checksum for one in checked.areas] == [crc16(data)]


@pytest.mark.requirement("FSW-PUS-007")
def test_a_damaged_area_does_not_keep_the_others_back():
    ram = Ram(10)
    with pytest.raises(RefusedError, match="instruction 1: the data for 0x0 is damaged"):
        done(Memories({1: ram}), LoadMemory(memory=1, areas=[filled(0, b"ab", 0), filled(4, b"cd")]))
    assert bytes(ram.octets) == b"\0\0\0\0cd\0\0\0\0"


@pytest.mark.parametrize(
    ("request_", "sentence"),
    [
        (LoadMemory(memory=9, areas=[]), "no memory 9"),
        (LoadMemory(memory=1, areas=[filled(9, b"ab")]), r"0x9 \+ 2 octets, the memory has 10"),
        (DumpMemory(memory=1, areas=[Area(address=0, size=11)]), r"0x0 \+ 11 octets, the memory has 10"),
        (DumpMemory(memory=1, areas=[Area(address=0, size=901)]), "a report holds 900 octets at most"),
        (LoadMemory(memory=2, areas=[filled(0, b"a")]), "a read-only memory"),
        (CheckMemory(memory=3, areas=[Area(address=0, size=1 << 20), Area(address=0, size=1)]), "1048576 octets at"),
        (DumpMemory(memory=4, areas=[Area(address=0, size=1)]), "Input/output error"),
        (CheckMemory(memory=4, areas=[Area(address=0, size=1)]), "Input/output error"),
    ],
)
def test_what_cannot_be_is_refused(request_, sentence):
    memories = Memories({1: Ram(10), 2: Ram(10, writable=False), 3: Ram(2 << 20)})
    memories.add(4, Gone(10))
    with pytest.raises(RefusedError, match=sentence):
        done(memories, request_)
