"""Files that are there as a whole or not at all."""

import os
from pathlib import Path

import pytest

from hal.linux.whole_file import WholeFile, whole_file


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_it_is_there_at_the_end(tmp_path):
    path = tmp_path / "x.bin"
    with whole_file(path) as file:
        file.write(b"whole")
        assert names(tmp_path) == [".x.bin.part"]
    assert (names(tmp_path), path.read_bytes()) == (["x.bin"], b"whole")


def test_what_fails_leaves_what_was_there(tmp_path):
    path = tmp_path / "x.bin"
    path.write_bytes(b"before")
    with pytest.raises(TypeError), whole_file(path) as file:
        file.writelines([b"half", "no octets"])
    assert (names(tmp_path), path.read_bytes()) == (["x.bin"], b"before")


def test_what_a_killed_program_left_is_in_nobodys_way(tmp_path):
    (tmp_path / ".x.bin.part").write_bytes(b"longer than what comes now")
    with whole_file(tmp_path / "x.bin") as file:
        file.write(b"whole")
    assert (names(tmp_path), (tmp_path / "x.bin").read_bytes()) == (["x.bin"], b"whole")


def test_a_link_and_who_may_read_stay(tmp_path):
    path, link = tmp_path / "x.bin", tmp_path / "link"
    path.write_bytes(b"before")
    path.chmod(0o600)
    link.symlink_to("x.bin")
    with whole_file(link) as file:
        file.write(b"whole")
    assert link.is_symlink()
    assert (path.read_bytes(), path.stat().st_mode & 0o777) == (b"whole", 0o600)


def test_a_device_is_written_to_as_it_is(tmp_path):
    link = tmp_path / "link"
    link.symlink_to(os.devnull)
    with whole_file(link) as file:
        file.write(b"gone")
    whole = WholeFile(Path(os.devnull))
    whole.drop()
    assert Path(os.devnull).is_char_device()
    assert names(tmp_path) == ["link"]


@pytest.mark.parametrize(("name", "error"), [(".", IsADirectoryError), ("no/x.bin", FileNotFoundError)])
def test_where_no_file_can_be(tmp_path, name, error):
    with pytest.raises(error) as raised:
        WholeFile(tmp_path / name)
    assert raised.value.filename == str(tmp_path / name)


def test_a_folder_that_appears_meanwhile(tmp_path):
    whole = WholeFile(tmp_path / "x")
    (tmp_path / "x").mkdir()
    with pytest.raises(IsADirectoryError):
        whole.settle()
    assert names(tmp_path) == ["x"]
