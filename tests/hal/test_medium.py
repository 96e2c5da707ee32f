"""The host's file system syncs what it is told to; the one that records loses what was not synced."""

import os
import stat
from pathlib import Path
from random import Random

import pytest

from hal.medium import READ_OCTETS_MAX, HostMedium, MediumEntry, make_folders
from rig.world.disk import Disk
from rig.world.power import Power
from tests.hal.recording_medium import RecordingMedium


@pytest.fixture
def synced(monkeypatch):
    """The inodes that were synced, in order."""
    inodes, fsync = [], os.fsync
    monkeypatch.setattr(os, "fsync", lambda descriptor: (inodes.append(os.fstat(descriptor)), fsync(descriptor)))
    return inodes


def test_sync_reaches_the_operating_system(tmp_path, synced):
    medium = HostMedium()
    medium.write(tmp_path / "file", b"content")
    medium.sync(tmp_path / "file")
    medium.sync(tmp_path)
    assert [one.st_ino for one in synced] == [(tmp_path / "file").stat().st_ino, tmp_path.stat().st_ino]


@pytest.mark.parametrize("make", [HostMedium, RecordingMedium])
def test_calls_do_what_they_say(tmp_path, make):
    medium = make()
    folder = tmp_path if make is HostMedium else Path("/state")
    make_folders(folder / "deep" / "er", medium)
    file = folder / "file"
    medium.write(file, b"12345")
    medium.overwrite(file, b"ab")
    medium.append(file, b"6")
    assert medium.read(file) == b"ab3456"
    medium.write(file, b"x")
    assert medium.read(file) == b"x"
    medium.replace(file, folder / "other")
    assert medium.names(folder) == ["deep", "other"]
    assert not medium.make_folder(folder / "deep")
    medium.remove(folder / "other")
    assert medium.names(folder) == ["deep"]
    for missing in (lambda: medium.read(file), lambda: medium.remove(file), lambda: medium.sync(file)):
        with pytest.raises(FileNotFoundError):
            missing()


def test_a_folder_is_not_made_over_a_file(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(FileExistsError):
        HostMedium().make_folder(tmp_path / "file")


def test_what_is_written_is_for_its_owner_alone(tmp_path):
    HostMedium().write(tmp_path / "file", b"")
    assert stat.S_IMODE((tmp_path / "file").stat().st_mode) == 0o600


def test_new_folders_are_synced_in_their_parents():
    medium = RecordingMedium()
    make_folders(Path("/a/b/c"), medium)
    medium.write(Path("/a/b/c/file"), b"content")
    medium.sync(Path("/a/b/c/file"))
    medium.sync(Path("/a/b/c"))
    assert all(left.read(Path("/a/b/c/file")) == b"content" for left in medium.after_cut())


def test_a_folder_above_that_we_may_not_read_is_no_obstacle():
    def fail(call, path):
        if call == "sync" and path == Path("/a"):
            raise PermissionError

    medium = RecordingMedium(fail)
    medium.make_folder(Path("/a"))
    with pytest.raises(PermissionError):
        make_folders(Path("/a/b"), medium)
    make_folders(Path("/a/b"), medium)


def test_a_cut_loses_what_was_not_synced():
    medium, file = RecordingMedium(), Path("/file")
    medium.write(file, b"old")
    medium.sync(file)
    medium.sync(Path("/"))
    medium.overwrite(file, b"new")
    left = {one.read(file) for one in medium.after_cut()}
    assert {b"old", b"new", b"nld", b"oew"} <= left


@pytest.mark.parametrize("make", [HostMedium, RecordingMedium, lambda: Disk(Random(1), Power())])
def test_parts_folders_and_what_a_name_stands_for(make, tmp_path):
    medium = make()
    folder = tmp_path if isinstance(medium, HostMedium) else Path("/state")
    make_folders(folder / "deep" / "er", medium)
    file = folder / "deep" / "file"
    medium.write_part(file, 3, b"def")
    medium.write_part(file, 0, b"abc")
    assert medium.read(file) == b"abcdef"
    assert [medium.read_part(file, *part) for part in ((0, 2), (4, 9), (9, 1))] == [b"ab", b"ef", b""]
    medium.write_part(file, 8, b"!")
    assert medium.read(file) == b"abcdef\0\0!"
    assert medium.entry(file) == MediumEntry(is_folder=False, octets=9)
    assert medium.entry(folder / "deep") == MediumEntry(is_folder=True)
    with pytest.raises(OSError, match=r"not empty"):
        medium.remove_folder(folder / "deep")
    medium.replace(folder / "deep", folder / "deeper")
    medium.remove(folder / "deeper" / "file")
    medium.remove_folder(folder / "deeper" / "er")
    medium.remove_folder(folder / "deeper")
    assert medium.names(folder) == []
    with pytest.raises(FileNotFoundError):
        medium.entry(file)


def test_a_link_is_neither_a_file_nor_followed(tmp_path):
    (tmp_path / "link").symlink_to(tmp_path)
    with pytest.raises(PermissionError, match="neither a file nor a folder"):
        HostMedium().entry(tmp_path / "link")


def test_what_is_no_file_is_neither_waited_for_nor_written(tmp_path):
    """A pipe without a writer, a device without an end, a link to somebody's file, a folder: refused at once."""
    medium, precious = HostMedium(), tmp_path / "precious"
    precious.write_bytes(b"not ours")
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "device").symlink_to("/dev/zero")
    (tmp_path / "link").symlink_to(precious)
    (tmp_path / "folder").mkdir()
    assert medium.read(tmp_path / "link") == b"not ours"
    for name in ("pipe", "device", "folder"):
        for read in (medium.read, lambda path: medium.read_part(path, 0, 4)):
            with pytest.raises(OSError, match=r"not permitted|Is a directory"):
                read(tmp_path / name)
    for name in ("pipe", "device", "folder", "link"):
        for write in (medium.write, medium.overwrite, medium.append):
            with pytest.raises(OSError, match=r"device or address|symbolic links|Is a directory"):
                write(tmp_path / name, b"x")
    medium.sync(tmp_path / "folder")
    assert precious.read_bytes() == b"not ours"


def test_a_file_larger_than_memory_is_not_read_as_a_whole(tmp_path):
    (tmp_path / "huge").write_bytes(b"12")
    os.truncate(tmp_path / "huge", READ_OCTETS_MAX + 1)
    with pytest.raises(OSError, match="File too large"):
        HostMedium().read(tmp_path / "huge")
    assert HostMedium().read_part(tmp_path / "huge", 1, 2) == b"2\0"
