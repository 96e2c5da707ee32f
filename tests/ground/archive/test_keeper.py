"""What an archive refuses waits in bounded memory, and what happens to it is reported once."""

import msgspec
import pytest

from ground.archive.archive import Archive
from ground.archive.keeper import Keeper
from ground.archive.rows import StrayRow
from ground.errors import ArchiveError
from ground.records import EventRecord
from tests.ground.archive.test_archive import event, packet

OCTETS = 100  # of each packet here
VERSION_OCTETS = len("v1")
EVENT_OCTETS = 1000  # what any record is taken for


class Moody(Archive):
    """Takes what it is given unless it is `refusing`."""

    refusing = ""

    def write(self, items):
        if self.refusing:
            raise ArchiveError(self.refusing)
        return super().write(items)


@pytest.fixture
def archive():
    return Moody()


def packets(*times):
    return [packet(time_ns, octets=bytes(OCTETS)) for time_ns in times]


def kept(keeper):
    return [item.time_ns for item in keeper.waiting]


def test_it_says_how_the_archive_fares(archive):
    keeper = Keeper(archive)
    assert msgspec.to_builtins(keeper.record) == {"waiting": 0, "abandoned": 0, "fault": "", "unreadable": 0}
    archive.refusing, archive.unreadable = "the disk is full", 3
    keeper.keep(packets(1, 2))
    assert msgspec.to_builtins(keeper.record) == {
        "waiting": 2, "abandoned": 0, "fault": "the disk is full", "unreadable": 3,
    }  # fmt: skip


def test_all_are_new_while_nobody_can_tell_and_those_are_that_the_archive_did_not_have(archive):
    keeper = Keeper(archive)
    assert keeper.keep(packets(1)) == [True]
    assert keeper.keep(packets(1, 2)) == [False, True]
    archive.refusing = "no"
    assert keeper.keep(packets(1, 3)) == [True, True]


@pytest.mark.parametrize(
    ("items", "octets"),
    [
        (packets(1, 2, 3), 3 * (OCTETS + VERSION_OCTETS)),
        ([event(1), event(2)], 2 * EVENT_OCTETS),
        ([StrayRow(1, "reason", b"octets"), StrayRow(2, "reason", b"octets")], 2 * len("reasonoctets")),
    ],
)
def test_as_many_octets_wait_as_there_is_room_for(archive, items, octets):
    archive.refusing = "no"
    for octets_max, abandoned in ((octets, 0), (octets - 1, 1)):
        keeper = Keeper(archive, octets_max=octets_max)
        keeper.keep(items)
        assert keeper.waiting == tuple(items[abandoned:])
        assert keeper.abandoned == abandoned


def test_as_many_items_wait_as_there_is_room_for(archive):
    archive.refusing = "no"
    keeper = Keeper(archive, capacity=3)
    keeper.keep(packets(1, 2, 3))
    assert (kept(keeper), keeper.abandoned) == ([1, 2, 3], 0)
    keeper.keep(packets(4, 5))
    assert (kept(keeper), keeper.abandoned) == ([3, 4, 5], 2)


@pytest.mark.parametrize("bad", [[], [StrayRow(1 << 70, "too late for any database", b"")]])
def test_what_was_written_leaves_its_room_to_others(archive, bad):
    """Also where an item among it was given up alone."""
    keeper = Keeper(archive, octets_max=3 * (OCTETS + VERSION_OCTETS))
    for begin in (0, 10, 20):
        archive.refusing = "no"
        keeper.keep([*bad, *packets(begin, begin + 1)])
        archive.refusing = ""
        assert keeper.retry()
    assert len(archive.packets((42, 3, 25, 1))) == 6
    assert keeper.abandoned == 3 * len(bad)
    archive.refusing = "no"
    keeper.keep(packets(1, 2, 3))
    assert kept(keeper) == [1, 2, 3]


def test_what_waits_is_written_before_what_comes(archive):
    keeper = Keeper(archive)
    archive.refusing = "no"
    keeper.keep([event(2)])
    archive.refusing = ""
    keeper.keep([event(1)])
    assert [one.time_ns for one in archive.events()] == [2, 1]
    assert (keeper.waiting, keeper.fault) == ((), "")


def test_one_by_one_ends_where_the_archive_refuses_again(archive):
    keeper = Keeper(archive)
    archive.refusing = "no"
    keeper.keep([StrayRow(1 << 70, "too late for any database", b""), *packets(1, 2)])
    archive.refusing, written = "", []

    def write(items):
        if any(isinstance(item, StrayRow) for item in items) or not written:
            written.append(items)
            return Archive.write(archive, items)
        raise ArchiveError("full again")

    archive.write = write
    assert not keeper.retry()
    assert (kept(keeper), keeper.abandoned, keeper.fault) == ([1, 2], 1, "full again")


def test_each_change_is_told_once(archive):
    keeper = Keeper(archive, capacity=2)
    assert keeper.drain_news() == []
    archive.refusing = "archive: the disk is full"
    keeper.keep(packets(1, 2, 3))
    told = ("high", "ArchiveRefuses", "archive: the disk is full; what comes is kept in memory meanwhile.")
    assert [keeper.drain_news(), keeper.drain_news()] == [[told], []]
    archive.refusing = ""
    assert keeper.retry()
    told = ("info", "ArchiveBack", "The archive is written again; 1 rows were given up.")
    assert [keeper.drain_news(), keeper.drain_news()] == [[told], []]
    archive.refusing = "archive: the disk is full"
    keeper.keep(())
    assert [name for _, name, _ in keeper.drain_news()] == ["ArchiveRefuses"]


def test_what_the_archive_notes_is_told_once(archive):
    keeper = Keeper(archive)
    archive.notes += ["it is set aside", "so is another"]
    assert keeper.drain_news() == [
        ("high", "ArchiveDamaged", "it is set aside."),
        ("high", "ArchiveDamaged", "so is another."),
    ]
    assert keeper.drain_news() == []


def test_what_is_rescued_says_what_it_is_and_is_appended(archive, tmp_path):
    keeper, path = Keeper(archive), tmp_path / "rest"
    archive.refusing = "no"
    keeper.keep([*packets(1), event(2)])
    assert [keeper.rescue(path), keeper.rescue(path)] == [True, True]
    lines = [msgspec.json.decode(line) for line in path.read_bytes().splitlines()]
    assert [kind for kind, _ in lines] == ["PacketRow", "EventRecord"] * 2
    assert msgspec.convert(lines[1][1], EventRecord) == event(2)


def test_nothing_is_made_where_nothing_waits(archive, tmp_path):
    assert not Keeper(archive).rescue(tmp_path / "rest")
    assert not (tmp_path / "rest").exists()
