"""A file and a loaded library as memories: what is read is what is there."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hal.linux.memories import FileMemory, LibraryMemory
from kernels.library import LIBRARY_FILE

MAPS = """\
55d000-55e000 r--p 00000000 fe:00 1 /opt/other.so
{}-{} r--p 00000000 fe:00 2 /opt/the library.so
{}-{} rw-p 00000000 fe:00 2 /opt/the library.so
{}-{} r-xp 00000000 fe:00 2 /opt/the library.so
7fff00-7fff10 r-xp 00000000 00:00 0
"""
SPANS = [(16, 40), (40, 48), (50, 90)]


def fake_process(folder, name="/opt/the library.so"):
    """A process that loaded a library, and whose memory counts 0, 1, 2 and so on."""
    spans = [f"{address:x}" for span in SPANS for address in span]
    (folder / "maps").write_text(MAPS.format(*spans).replace("/opt/the library.so", name))
    (folder / "mem").write_bytes(bytes(range(200)))
    return folder


@given(st.integers(0, 64), st.integers(0, 64))
def test_what_may_not_be_written_is_one_memory(tmp_path_factory, address, size):
    library = LibraryMemory(Path("/opt/the library.so"), fake_process(tmp_path_factory.mktemp("process")))
    assert library.size == 64
    whole = bytes(range(16, 40)) + bytes(range(50, 90))
    inside = min(size, 64 - address)
    assert library.read(address, inside) == whole[address : address + inside]


def test_a_library_that_was_replaced_on_the_disk_is_still_the_one_in_memory(tmp_path):
    process = fake_process(tmp_path, f"{tmp_path}/lib.so (deleted)")
    (tmp_path / "link.so").symlink_to(tmp_path / "lib.so")
    for name in ("lib.so", "link.so"):
        assert LibraryMemory(tmp_path / name, process).size == 64


def test_a_library_that_is_not_loaded_is_no_empty_memory(tmp_path):
    with pytest.raises(FileNotFoundError, match="is not mapped into this process"):
        LibraryMemory(tmp_path / "other.so", fake_process(tmp_path))


def test_the_kernels_are_read_in_this_process():
    library = LibraryMemory(LIBRARY_FILE)
    assert library.size > 100_000
    assert library.read(0, 4) == b"\x7fELF"
    assert library.read(0, library.size) == library.read(0, library.size)
    with pytest.raises(PermissionError, match="this memory is read only"):
        library.write(0, b"a")


def test_a_file_is_read_as_it_is_now(tmp_path):
    path = tmp_path / "model"
    path.write_bytes(b"weights")
    memory = FileMemory(path)
    assert (memory.size, memory.read(2, 3)) == (7, b"igh")
    path.write_bytes(b"WEI")
    assert memory.read(0, 2) == b"WE"
    with pytest.raises(OSError, match="model ends before octet 5"):
        memory.read(2, 3)
    with pytest.raises(FileNotFoundError):
        FileMemory(tmp_path / "none")
