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


def cuts(disk):
    """What 200 cuts leave of a disk."""
    return [disk.after_cut(Power()) for _ in range(200)]


def names_left(disk, folder):
    return {tuple(after.names(folder)) for after in cuts(disk)}


def left(disk, path):
    """What 200 cuts leave of a file: contents, and None where it has no name."""
    found = set()
    for after in cuts(disk):
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
    disk.write(FOLDER / "a", b"")
    assert disk.names(FOLDER) == ["a", "other"]
    disk.remove(FOLDER / "a")
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
    assert names_left(disk, FOLDER) == {("one", "two"), ("two",)}
    found = {(after.read(FOLDER / "two"), len(after.names(FOLDER))) for after in cuts(disk)}
    assert found == {(b"two", 2), (b"one", 1)}  # never without the one and still the old two


def test_a_file_that_was_moved_to_another_folder_is_one_file_under_either_name(disk):
    other = Path("/a/c")
    make_folders(other, disk)
    disk.write(FILE, b"old")
    for path in (FILE, FOLDER):
        disk.sync(path)
    disk.write(FILE, b"new")
    disk.replace(FILE, other / "file")
    found = {(*after.names(FOLDER), *after.names(other)) for after in cuts(disk)}
    assert found == {("file",), ("file", "file"), ()}
    both = [after for after in cuts(disk) if after.names(FOLDER) == after.names(other) == ["file"]]
    assert all(after.read(FILE) == after.read(other / "file") for after in both)
    assert {after.read(FILE) for after in both} >= {b"old", b"new"}


def test_of_names_that_were_not_synced_some_are_left(disk):
    for name in ("one", "two"):
        disk.write(FOLDER / name, b"")
    assert names_left(disk, FOLDER) == {(), ("one",), ("two",), ("one", "two")}
    for name in ("one", "two"):
        disk.remove(FOLDER / name)
    disk.sync(FOLDER)
    assert names_left(disk, FOLDER) == {()}


def test_what_was_written_last_may_be_there_without_what_is_before_it(disk):
    disk.write(FILE, b"ab")
    for path in (FILE, FOLDER):
        disk.sync(path)
    disk.write(FILE, b"ABCDEF")
    assert {b"ABCD", b"ab\0\0EF"} <= left(disk, FILE)


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
    disk.octets_max = 2  # as when a cut brought back a longer file
    disk.overwrite(FILE, b"XY")
    assert disk.read(FILE) == b"XYz"


CALLS = {
    "read": lambda disk: disk.read(FILE),
    "names": lambda disk: disk.names(FOLDER),
    "write": lambda disk: disk.write(FILE, b"x"),
    "append": lambda disk: disk.append(FILE, b"x"),
    "overwrite": lambda disk: disk.overwrite(FILE, b"x"),
    "sync": lambda disk: disk.sync(FILE),
    "replace": lambda disk: disk.replace(FILE, FOLDER / "other"),
    "remove": lambda disk: disk.remove(FILE),
    "make_folder": lambda disk: disk.make_folder(FOLDER / "new"),
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_every_call_can_fail_and_has_no_effect_then(disk, power, call):
    disk.write(FILE, b"abc")
    disk.failing = 1.0
    with pytest.raises(OSError, match="Input/output error"):
        call(disk)
    disk.failing = 0.0
    assert (disk.names(FOLDER), disk.read(FILE)) == (["file"], b"abc")
    assert None in left(disk, FILE)
    power.cut()
    with pytest.raises(PowerCut):
        call(disk)


def test_a_failing_disk_fails_now_and_then(disk):
    disk.write(FILE, b"abc")
    disk.failing = 0.5
    for _ in range(100):
        with suppress(OSError):
            disk.read(FILE)
    assert 20 < disk.refused < 80


def test_no_folder_is_replaced_and_none_replaces_what_is_there(disk):
    disk.write(FOLDER / "file", b"")
    disk.make_folder(FOLDER / "inner")
    for old, new in (("inner", "file"), ("file", "inner")):
        with pytest.raises(FileExistsError):
            disk.replace(FOLDER / old, FOLDER / new)
