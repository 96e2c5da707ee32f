"""The host's file system syncs what it is told to; the one that records loses what was not synced."""

import os
import stat
from pathlib import Path

import pytest

from hal.medium import HostMedium, make_folders
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
