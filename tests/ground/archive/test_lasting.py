"""A ground whose archive is damaged, or cannot be written at first: it receives, says so, and loses nothing."""

import errno
import os
import shutil
import subprocess

import pytest
from msgspec.structs import replace

from ground.archive.archive import Archive
from ground.archive.history import history
from ground.archive.keeper import Keeper
from ground.archive.lasting import LastingArchive
from ground.errors import ArchiveError
from ground.records import EventRecord
from ground.service.start import RESCUED_NAME, rescue_rest
from ground.station.inbox import Inbox
from ground.station.station import Patience, Station
from hal.medium import HOST
from tests.ground.archive.test_archive import packet
from tests.ground.example_dictionary import APID
from tests.ground.flown import DICTIONARY, Flown, World
from tests.ground.station.test_station import START, latest

KIND = (APID, 3, 25, 1)


def ground(archive, inbox):
    return World(Station(DICTIONARY, archive, inbox, START, port="sim", patience=Patience()), Flown())


def said(world):
    return [(one.name, one.message) for one in world.of(EventRecord) if one.name.startswith("Archive")]


def test_a_damaged_archive_is_told_and_the_commands_in_it_go_on(tmp_path):
    file = tmp_path / "archive.db"
    archive = LastingArchive(file)
    with_commands = ground(archive, Inbox(tmp_path / "files"))
    with_commands.run(1)
    with_commands.station.command("lookout.look", {"target": "coast"}, with_commands.now)
    with_commands.run(3)
    archive.close()
    whole = file.read_bytes()
    file.write_bytes(whole[:24] + b"\xff" * 76 + whole[100:])
    world = ground(LastingArchive(file), Inbox(tmp_path / "files"))
    world.run(1)
    ((name, message),) = said(world)
    assert name == "ArchiveDamaged"
    assert "set aside as archive.db.1, and a new one begun with the" in message
    assert world.station.command("lookout.look", {"target": "coast"}, world.now).number == 2


@pytest.mark.parametrize("how", ["deleted", "moved", "replaced", "its log deleted", "its folder moved", "as it was"])
def test_an_archive_that_somebody_takes_away_is_written_anew(tmp_path, how):
    file = tmp_path / "station" / "archive.db"
    file.parent.mkdir()
    archive = LastingArchive(file)
    for number in range(3):
        archive.write([packet(number)])
    match how:
        case "deleted":
            file.unlink()
        case "moved":
            file.rename(tmp_path / "mine.db")
        case "replaced":
            file.rename(tmp_path / "mine.db")
            file.write_bytes(b"something else")
        case "its log deleted":
            file.with_name("archive.db-wal").unlink()
        case "its folder moved":
            file.parent.rename(tmp_path / "moved")
            with pytest.raises(ArchiveError):
                archive.write([packet(9)])
            file.parent.mkdir()
    for number in range(3, 6):
        archive.write([packet(number)])
    notes = [f"archive {file} was deleted, moved or replaced; it is written anew with all it had"]
    assert archive.notes == ([] if how == "as it was" else notes)
    assert [row.time_ns for row in Archive(file, read_only=True).packets((42, *KIND[1:]))] == list(range(6))
    assert how != "replaced" or (file.parent / "archive.db.1").read_bytes() == b"something else"


def test_a_ground_that_cannot_write_at_first_receives_and_archives_later(tmp_path):
    """Its folder comes back, as a disk does that was not there."""
    folder = tmp_path / "disk" / "station"
    archive = LastingArchive(folder / "archive.db")
    world = ground(archive, Inbox(tmp_path / "files"))
    world.run(3)
    assert latest(world).values["uptime_s"] == 2
    assert [name for name, _ in said(world)] == ["ArchiveRefuses"]
    assert world.station.status(world.now).archive.waiting > 3
    assert archive.events() == []
    folder.mkdir(parents=True)
    world.run(3)
    assert [name for name, _ in said(world)] == ["ArchiveRefuses", "ArchiveBack"]
    assert world.station.status(world.now).archive.waiting == 0
    assert history(archive, DICTIONARY, "NodeStatus.uptime_s").values == tuple(range(6))
    assert archive.dictionary(DICTIONARY.version) == DICTIONARY.to_json()
    assert {"ArchiveRefuses", "ArchiveBack"} <= {one.name for one in archive.events()}


def test_where_no_new_archive_can_be_begun_yet_the_damaged_one_is_set_aside_once(tmp_path, monkeypatch):
    file = tmp_path / "archive.db"
    file.write_bytes(b"no archive")
    opened = Archive._open

    def full(self, path, **how):
        if path:
            raise ArchiveError("full")
        opened(self, path, **how)

    with monkeypatch.context() as disk:
        disk.setattr(Archive, "_open", full)
        archive = LastingArchive(file)
        with pytest.raises(ArchiveError, match="full"):
            archive.write([packet(1)])
    assert archive.write([packet(1)]) == [True]
    assert len(archive.packets((42, 3, 25, 1))) == 1
    assert "no new one can be begun yet" in archive.notes[0]
    assert sorted(path.name for path in tmp_path.iterdir() if "-" not in path.name) == ["archive.db", "archive.db.1"]


class FullDisk:
    """A medium that takes nothing until it is told otherwise."""

    full = True

    def __getattr__(self, name):
        if self.full and name in ("write", "make_folder"):
            return self._refuse
        return getattr(HOST, name)

    def _refuse(self, *_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_an_inbox_on_a_full_disk_takes_files_as_soon_as_there_is_room(tmp_path):
    medium = FullDisk()
    inbox = Inbox(tmp_path / "files", medium=medium)
    with pytest.raises(OSError, match="No space left"):
        inbox.create()
    medium.full = False
    writer = inbox.create()
    writer.write(0, b"one")
    writer.keep("x")
    assert (tmp_path / "files" / "x").read_bytes() == b"one"


def test_a_command_whose_request_was_damaged_costs_itself_alone(tmp_path):
    world = ground(archive := Archive(), Inbox(tmp_path))
    world.run(1)
    for _ in range(3):
        world.station.command("lookout.look", {"target": "coast"}, world.now)
    world.run(2)
    broken = [replace(archive.commands()[1], request=text) for text in ("65", "x/3", "65/-1", "65/99999", "9999/1")]
    for record in broken:
        archive.write([record])
        again = ground(archive, Inbox(tmp_path))
        assert again.station.status(again.now).commands == {"completed": 2}


def test_memory_is_bounded_in_octets_as_well():
    class Refusing(Archive):
        def write(self, items):
            raise ArchiveError("no")

    keeper = Keeper(Refusing(), octets_max=10_000)
    for n in range(20):
        keeper.keep([packet(n, octets=bytes(990))])
    assert [row.time_ns for row in keeper.waiting] == list(range(10, 20))
    assert keeper.record.abandoned == 10


class Waiting:
    """A station with something that no archive took."""

    def __init__(self, refused):
        self.refused, self.tried = refused, []

    def rescue(self, path):
        self.tried.append(path)
        if path.name in self.refused:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return True


def test_what_is_left_goes_to_another_place_where_the_disk_is_full(tmp_path, capsys):
    station = Waiting({"one", "two"})
    rescue_rest(station, [tmp_path / name for name in ("one", "two", "three", "four")])
    assert [path.name for path in station.tried] == ["one", "two", "three"]
    assert capsys.readouterr().err.splitlines() == [
        f"skyrack ground: {tmp_path}/one: No space left on device",
        f"skyrack ground: {tmp_path}/two: No space left on device",
        f"skyrack ground: the archive could not take everything: the rest is in {tmp_path}/three",
    ]
    rescue_rest(station, [tmp_path / "one"])
    assert capsys.readouterr().err.splitlines()[-1] == "skyrack ground: what the archive could not take is lost"


def test_what_cannot_be_appended_whole_is_not_appended(tmp_path, monkeypatch):
    keeper, path = Keeper(Archive()), tmp_path / "rest"
    keeper._hold([packet(1)])
    assert keeper.rescue(path)
    before = path.read_bytes()
    monkeypatch.setattr(os, "fsync", FullDisk()._refuse)
    with pytest.raises(OSError, match="No space left"):
        keeper.rescue(path)
    assert path.read_bytes() == before


@pytest.fixture
def small_disk(tmp_path):
    """A disk of two megabytes."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = shutil.which("mount") and subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=2m", "none", str(folder)], capture_output=True, check=False
    )
    if not mounted or mounted.returncode:
        pytest.skip("no file system can be mounted here")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.slow
@pytest.mark.parametrize("how", ["full", "read-only"])
def test_a_real_disk_that_is_full_or_only_read(small_disk, how):
    file = small_disk / "archive.db"
    first = ground(LastingArchive(file), Inbox(small_disk / "files"))
    first.run(2)
    first.station._log.keeper.archive.close()
    stone = small_disk / "stone"
    with stone.open("wb", buffering=0) as opened:
        try:
            while how == "full" and opened.write(bytes(4096)):
                pass
        except OSError:
            pass
    if how == "read-only":
        subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    archive = LastingArchive(file)
    world = ground(archive, Inbox(small_disk / "files"))
    world.run(3)
    assert [name for name, _ in said(world)][:1] == ["ArchiveRefuses"]
    assert len(archive.packets(KIND)) == 2
    if how == "full":
        with pytest.raises(OSError, match="No space left"):
            world.station.rescue(small_disk / RESCUED_NAME)
        assert not (small_disk / RESCUED_NAME).exists() or not (small_disk / RESCUED_NAME).read_bytes()
    else:
        subprocess.run(["mount", "-o", "remount,rw", str(small_disk)], check=True)
    stone.unlink()
    world.run(3)
    assert world.station.status(world.now).archive.waiting == 0
    assert len(archive.packets(KIND)) >= 6
    archive.close()
