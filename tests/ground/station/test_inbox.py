import errno
import os
import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ground.station.inbox import Inbox


@pytest.fixture
def inbox(tmp_path):
    return Inbox(tmp_path / "files", octets_max=1000)


def put(inbox, name, octets):
    writer = inbox.create()
    writer.write(0, octets)
    writer.keep(name)


def tree(folder):
    """Files but our marker."""
    files = (path for path in folder.rglob("*") if path.is_file() and path.name != ".skyrack-inbox")
    return sorted(str(path.relative_to(folder)) for path in files)


def test_a_file_stands_under_its_name_when_it_is_whole(inbox):
    writer = inbox.create()
    writer.write(3, b"def")
    writer.write(0, b"abc")
    assert writer.read(2, 2) == b"cd"
    assert not (inbox.folder / "products").exists()
    writer.keep("products/one.bin")
    assert (inbox.folder / "products/one.bin").read_bytes() == b"abcdef"
    assert tree(inbox.folder) == ["products/one.bin"]


def test_another_file_of_the_same_name_pushes_the_first_aside(inbox):
    for octets in (b"one", b"two", b"two", b"three"):
        put(inbox, "x", octets)
    assert {name: (inbox.folder / name).read_bytes() for name in tree(inbox.folder)} == {
        "x": b"three", "x.1": b"one", "x.2": b"two",
    }  # fmt: skip


def test_a_file_of_the_same_size_and_time_is_another_file(inbox):
    for octets in (b"one", b"two"):
        writer = inbox.create()
        writer.write(0, octets)
        for part in (inbox.folder / ".incoming").glob("*.part"):
            os.utime(part, (1, 1))
        writer.keep("x")
    assert {name: (inbox.folder / name).read_bytes() for name in tree(inbox.folder)} == {"x": b"two", "x.1": b"one"}


@pytest.mark.parametrize(
    "name",
    [
        "",
        "/",
        "/../x",
        "../x",
        "a/../../x",
        "a//b",
        "./x",
        ".incoming/1.part",
        "a/.hidden",
        "a\0b",
        "a\nb",
        "..\\x",
        "a/",
    ],
)
def test_names_that_lead_elsewhere_are_refused(inbox, name):
    writer = inbox.create()
    with pytest.raises(PermissionError, match="not allowed"):
        writer.keep(name)
    with pytest.raises(FileNotFoundError):
        inbox.open(name)
    with pytest.raises(PermissionError):
        inbox.admit(name, 0)
    with pytest.raises(PermissionError) as refused:
        inbox.path(name)
    assert refused.value.errno == errno.EPERM
    assert repr(name) in str(refused.value)
    writer.discard()
    assert tree(inbox.folder.parent) == []


def test_a_name_that_is_no_text_is_written_with_escapes(inbox):
    put(inbox, "caf\udce9.bin", b"1")
    assert tree(inbox.folder) == ["caf%E9.bin"]


def test_a_link_that_leads_out_is_not_followed(inbox, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (inbox.folder / "link").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(PermissionError, match="'link/x' leads out") as refused:
        put(inbox, "link/x", b"1")
    assert refused.value.errno == errno.EPERM
    (inbox.folder / "inside").symlink_to(inbox.folder / "a")
    put(inbox, "a/x", b"1")
    assert inbox.path("inside/x").read_bytes() == b"1"


@settings(deadline=None)  # a disk may take its time
@given(st.text(string.ascii_letters + "./\\\0~ \u202e", max_size=12))
def test_whatever_the_name_nothing_appears_outside(tmp_path_factory, name):
    folder = tmp_path_factory.mktemp("box")
    inbox = Inbox(folder / "files")
    writer = inbox.create()
    try:
        writer.keep(name)
    except OSError:
        writer.discard()
        assert tree(folder) == []
    else:
        assert [found for found in tree(folder) if not found.startswith("files/.")] == [
            os.path.normpath(f"files/{name.lstrip('/')}")
        ]


def test_too_large_and_too_long_are_refused_as_the_system_would(inbox):
    writer = inbox.create()
    with pytest.raises(OSError, match="more than 1000") as large:
        writer.write(999, b"12")
    writer.write(999, b"1")
    with pytest.raises(OSError, match="too long") as long:
        writer.keep("x" * 256)
    writer.discard()
    assert (large.value.errno, long.value.errno) == (errno.EFBIG, errno.ENAMETOOLONG)


def test_a_file_may_be_as_large_and_a_name_as_long_as_it_is_said(inbox):
    longest = "x" * 253 + "\u00e9"
    writer = inbox.create()
    writer.write(0, b"1" * 600)
    writer.write(600, b"2" * 400)
    writer.keep(f"a/{longest}")
    assert (inbox.folder / "a" / longest).stat().st_size == 1000
    with pytest.raises(OSError, match="file name 'a/xxxxxxxxxxxxxxxxxx'"):
        inbox.path(f"a/{longest}x")
    writer = inbox.create()
    with pytest.raises(OSError, match="a file of more than 1000 octets"):
        writer.write(0, b"1" * 1001)


def test_a_file_may_have_a_gibibyte_unless_it_is_said_otherwise(tmp_path):
    assert Inbox(tmp_path).octets_max == 1 << 30


def test_files_grow_beside_each_other_and_only_what_is_given_up_goes(inbox):
    first, second = inbox.create(), inbox.create()
    first.write(0, b"first")
    second.write(0, b"second")
    first.discard()
    assert tree(inbox.folder) == [".incoming/2.part"]
    second.keep("x")
    assert (inbox.folder / "x").read_bytes() == b"second"
    assert tree(inbox.folder) == ["x"]


def test_what_is_received_is_read_where_it_was_written(inbox):
    writer = inbox.create()
    writer.write(0, b"0123456789")
    assert [writer.read(3, 4), writer.read(8, 4), writer.read(10, 1)] == [b"3456", b"89", b""]
    writer.write(4, b"x")
    writer.keep("a")
    assert (inbox.folder / "a").read_bytes() == b"0123x56789"


def test_a_file_is_sent_as_it_was_whatever_becomes_of_it(inbox, tmp_path):
    source = tmp_path / "source"
    source.write_bytes(b"0123456789")
    name = inbox.stage(source)
    source.write_bytes(b"other")
    reader = Inbox(inbox.folder).open(name)  # by the next service
    assert (reader.size, reader.read(3, 4), reader.read(8, 4)) == (10, b"3456", b"89")
    reader.close()
    with pytest.raises(ValueError, match="closed"):
        reader.read(0, 1)
    assert tree(inbox.folder) == []
    reader = inbox.open(inbox.stage(source))
    next((inbox.folder / ".incoming").glob("*.copy")).unlink()
    reader.close()  # what is gone already is no trouble


def test_what_cannot_be_sent_is_refused(inbox, tmp_path):
    with pytest.raises(FileNotFoundError, match="no such file"):
        inbox.stage(tmp_path)
    (tmp_path / "long").write_bytes(bytes(1001))
    with pytest.raises(OSError, match="a file of more than 1000 octets"):
        inbox.stage(tmp_path / "long")
    for name in ("1.copy", "../x", ".skyrack-inbox", "1.part"):
        with pytest.raises(FileNotFoundError):
            inbox.open(name)
    inbox.admit("a", 1000)
    with pytest.raises(OSError, match="a file of more than 1000 octets"):
        inbox.admit("a", 1001)


def test_of_a_folder_of_that_name_nothing_is_overwritten(inbox):
    (inbox.folder / "x").mkdir()
    with pytest.raises(OSError, match="directory"):
        put(inbox, "x", b"1")
    assert (inbox.folder / "x").is_dir()


def test_left_overs_of_a_killed_service_go(inbox):
    first, _ = inbox.create(), inbox.create()
    first.write(0, b"half")
    first.sync()
    again = Inbox(inbox.folder)
    assert tree(again.folder) == [".incoming/1.part", ".incoming/2.part"]
    reopened = again.reopen(first.token)
    with pytest.raises(FileNotFoundError):
        again.reopen("../1.part")
    assert again.create().token == "2.part"
    assert tree(again.folder) == [".incoming/1.part", ".incoming/2.part"]
    assert (again.folder / ".incoming" / "2.part").stat().st_size == 0
    reopened.write(4, b" and half")
    reopened.keep("whole")
    assert (inbox.folder / "whole").read_bytes() == b"half and half"


def test_a_folder_that_is_not_ours_is_left_alone(tmp_path):
    theirs = tmp_path / ".incoming" / "1.part"
    theirs.parent.mkdir()
    theirs.write_bytes(b"a person's")
    with pytest.raises(FileExistsError, match="not ours"):
        Inbox(tmp_path)
    assert theirs.read_bytes() == b"a person's"


def test_new_folders_and_names_are_on_the_disk_before_a_file_counts_as_kept(inbox, monkeypatch):
    synced = []
    real = os.fsync
    monkeypatch.setattr(os, "fsync", lambda fd: (synced.append(os.fstat(fd).st_ino), real(fd)))
    put(inbox, "a/b/x", b"1")
    folders = [inbox.folder, inbox.folder / "a", inbox.folder / "a" / "b"]
    assert [number for number in synced if number != folders[0].parent.stat().st_ino] == [
        (folders[2] / "x").stat().st_ino,
        *(folder.stat().st_ino for folder in folders),
    ]


@pytest.mark.parametrize("name", ["/cf/log.bin", "//cf/log.bin"])
def test_an_absolute_name_begins_in_the_folder(inbox, name):
    """As cFS sends them; the folder is all that a sender can reach."""
    put(inbox, name, b"1")
    assert tree(inbox.folder) == ["cf/log.bin"]
