"""The simulated disk: it keeps what was synced, of the rest whatever is drawn; it fills up, fails, loses power."""

import errno
from contextlib import suppress
from pathlib import Path
from random import Random

import pytest

from hal.medium import make_folders
from rig.world.disk import Disk
from rig.world.power import Power, PowerCut

FOLDER = Path("/a/b")
FILE = FOLDER / "file"


@pytest.fixture
def power():
    return Power()


@pytest.fixture
def disk(power):
    disk = Disk(Random(1), power)
    make_folders(FOLDER, disk)
    return disk


def left(disk, path):
    """What 200 cuts leave of a file: contents, and None where it has no name."""
    found = set()
    for _ in range(200):
        after = disk.after_cut(Power())
        try:
            found.add(after.read(path))
        except FileNotFoundError:
            found.add(None)
    return found


def test_files_are_written_over_and_behind(disk):
    disk.write(FILE, b"abcdef")
    disk.overwrite(FILE, b"xy")
    disk.append(FILE, b"!")
    assert (disk.read(FILE), disk.names(FOLDER), disk.octets) == (b"xycdef!", ["file"], 7)
    disk.replace(FILE, FOLDER / "other")
    assert disk.names(FOLDER) == ["other"]
    disk.remove(FOLDER / "other")
    assert (disk.names(FOLDER), disk.make_folder(FOLDER)) == ([], False)


@pytest.mark.parametrize("call", ["read", "remove", "sync"])
def test_what_is_not_there_is_reported(disk, call):
    with pytest.raises(FileNotFoundError):
        getattr(disk, call)(FILE)
    with pytest.raises(IsADirectoryError):
        disk.read(FOLDER)
    disk.write(FILE, b"")
    with pytest.raises(NotADirectoryError):
        disk.names(FILE)


def test_a_cut_leaves_what_was_synced_and_perhaps_the_rest(disk):
    disk.write(FILE, b"old")
    assert None in left(disk, FILE)
    disk.sync(FILE)
    disk.sync(FOLDER)
    assert left(disk, FILE) == {b"old"}
    disk.write(FILE, b"new")
    found = left(disk, FILE)
    assert {b"old", b"new", b"nld", b"ned"} <= found
    disk.sync(FILE)
    assert left(disk, FILE) == {b"new"}


def test_a_name_that_was_replaced_is_there_before_and_after(disk):
    for name in ("one", "two"):
        disk.write(FOLDER / name, name.encode())
        disk.sync(FOLDER / name)
    disk.sync(FOLDER)
    disk.replace(FOLDER / "one", FOLDER / "two")
    assert left(disk, FOLDER / "two") == {b"one", b"two"}
    assert left(disk, FOLDER / "one") == {b"one", None}


def test_power_fails_in_the_middle_of_a_call(disk, power):
    disk.cut_after = 2
    disk.write(FILE, b"abc")
    with pytest.raises(PowerCut):
        disk.sync(FILE)
    assert not power.is_on
    with pytest.raises(PowerCut):
        disk.read(FILE)
    assert len(left(disk, FILE)) > 1


def test_a_full_disk_takes_nothing_more_and_what_it_has_already(disk):
    disk.write(FILE, b"abc")
    disk.octets_max = 3
    with pytest.raises(OSError, match="No space left") as told:
        disk.append(FILE, b"d")
    assert (told.value.errno, disk.refused) == (errno.ENOSPC, 1)
    disk.overwrite(FILE, b"xyz")
    assert disk.read(FILE) == b"xyz"


def test_a_failing_disk_fails_now_and_then(disk):
    disk.write(FILE, b"abc")
    disk.failing = 0.5
    for _ in range(100):
        with suppress(OSError):
            disk.read(FILE)
    assert 20 < disk.refused < 80
