"""Only folders that carry our marker are emptied; anything else stays as it is and is named."""

import errno
import os
from pathlib import Path

import pytest

from hal.linux.own_folder import OwnFolder, set_aside
from hal.medium import HOST


def tree(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_new_or_empty_folder_becomes_ours_and_stays_ours(tmp_path):
    (tmp_path / "empty" / "lost+found").mkdir(parents=True)
    for name in ("new/deep", "empty"):
        OwnFolder(tmp_path / name, "demo")
        (tmp_path / name / "file").write_bytes(b"ours")
        again = OwnFolder(tmp_path / name, "demo")
        again.remove(tmp_path / name / "file")
        assert list(tree(tmp_path / name)) == [".skyrack-demo"]


@pytest.mark.parametrize("theirs", ["notes.txt", "node/index.js", ".git/HEAD", ".skyrack-inbox"])
def test_a_folder_that_holds_anything_else_is_refused_by_name(tmp_path, theirs):
    (tmp_path / theirs).parent.mkdir(exist_ok=True)
    (tmp_path / theirs).write_bytes(b"a person's")
    before = tree(tmp_path)
    with pytest.raises(FileExistsError, match=f"{tmp_path} is not empty .*{Path(theirs).parts[0]}.* and not ours"):
        OwnFolder(tmp_path, "demo")
    assert tree(tmp_path) == before


def test_folders_go_whole_and_links_are_not_followed(tmp_path):
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    (theirs / "note").write_bytes(b"a person's")
    ours = OwnFolder(tmp_path / "ours", "demo")
    (ours.path / "node" / "deep").mkdir(parents=True)
    (ours.path / "node" / "inner").symlink_to(theirs)
    (ours.path / "ground").symlink_to(theirs)
    for name in ("node", "ground", "never-there"):
        ours.remove(ours.path / name)
    assert [path.name for path in ours.path.iterdir()] == [".skyrack-demo"]
    assert tree(theirs) == {"note": b"a person's"}


def test_only_a_bug_asks_for_what_lies_elsewhere(tmp_path):
    ours = OwnFolder(tmp_path / "ours", "demo")
    for path in (tmp_path, tmp_path / "ours", tmp_path / "other"):
        with pytest.raises(AssertionError):
            ours.remove(path)


def test_a_folder_of_ours_is_taken_without_writing(tmp_path, monkeypatch):
    def full(*_, **__):
        raise OSError(errno.ENOSPC, "no space left on device")

    OwnFolder(tmp_path / "ours", "demo")
    for write in ("write", "make_folder", "sync"):
        monkeypatch.setattr(type(HOST), write, full)
    OwnFolder(tmp_path / "ours", "demo")
    with pytest.raises(OSError, match="no space left"):
        OwnFolder(tmp_path / "new", "demo")


def test_marker_and_names_are_on_the_disk_in_time(tmp_path, monkeypatch):
    """After a power failure a folder with files of ours without its marker would be refused: the marker comes first."""
    synced = []
    real = os.fsync
    monkeypatch.setattr(os, "fsync", lambda fd: (synced.append(Path(f"/proc/self/fd/{fd}").readlink()), real(fd)))
    ours = OwnFolder(tmp_path / "a" / "b", "demo")
    assert synced == [tmp_path, tmp_path / "a", ours.marker, ours.path]
    assert ours.marker.exists()
    (ours.path / "part").write_bytes(b"x")
    (tmp_path / "to").mkdir()
    ours.replace(ours.path / "part", tmp_path / "to" / "name")
    assert synced[4:] == [tmp_path / "to"]
    set_aside(tmp_path / "to" / "name")
    assert synced[5:] == [tmp_path / "to"]


def test_set_aside_overwrites_nothing(tmp_path):
    for content in ("one", "two", "three"):
        (tmp_path / "x").write_text(content)
        set_aside(tmp_path / "x")
    (tmp_path / "x.4").symlink_to("nowhere")
    (tmp_path / "x").mkdir()
    assert set_aside(tmp_path / "x") == tmp_path / "x.5"
    assert {name: (tmp_path / name).read_text() for name in ("x.1", "x.2", "x.3")} == {
        "x.1": "one", "x.2": "two", "x.3": "three",
    }  # fmt: skip


def test_set_aside_takes_companions_along_and_overwrites_none(tmp_path):
    for name in ("x", "x-log", "x.1-log"):
        (tmp_path / name).write_text(name)
    assert set_aside(tmp_path / "x", "-log", "-none") == tmp_path / "x.2"
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {
        "x.2": "x", "x.2-log": "x-log", "x.1-log": "x.1-log",
    }  # fmt: skip
