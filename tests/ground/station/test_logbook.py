"""What happened goes into the archive, then to clients: once, in order, counted."""

import pytest

from ground.archive.archive import Archive
from ground.archive.keeper import Keeper
from ground.archive.rows import StrayRow
from ground.errors import ArchiveError
from ground.records import EventRecord, SampleRecord
from ground.station.duties import Duties
from ground.station.logbook import Logbook
from hal.clock import Moment
from tests.ground.archive.test_archive import KIND, event, packet

NOW = Moment(5, 7_000)
IMPOSSIBLE = StrayRow(1 << 70, "too late for any database", b"")


@pytest.fixture
def log():
    return Logbook(Keeper(Archive()), Duties())


def sample(n):
    return SampleRecord(report="power", time_ns=n, received_ns=n, values={})


def test_records_are_news_once_they_are_archived_and_before_what_is_not(log):
    log.report([sample(1)])
    log.report([sample(2)])
    log.note(event(1), packet(1))
    log.note(event(2))
    assert log.drain_news() == []
    log.flush()
    assert log.drain_news() == [event(1), event(2), sample(1), sample(2)]
    assert log.drain_news() == []
    assert log.keeper.archive.events() == [event(1), event(2)]


def test_news_that_nobody_took_yet_are_kept(log):
    for n in (1, 2):
        log.note(event(n))
        log.report([sample(n)])
        log.flush()
    assert log.drain_news() == [event(1), sample(1), event(2), sample(2)]


def test_what_the_archive_has_already_is_no_news_and_a_duplicate(log):
    for items in ([event(1), packet(1), packet(2)], [event(1), packet(2), packet(1), packet(3)]):
        log.note(*items)
        log.flush()
    assert log.drain_news() == [event(1)]
    assert (log.packets, log.duplicates) == (5, 2)


def test_events_of_one_moment_are_told_apart(log):
    for name in ("one", "two"):
        log.report_event("medium", name, f"{name}.", NOW)
    log.flush()
    assert log.drain_news() == log.keeper.archive.events() == [
        EventRecord(
            origin="ground", severity="medium", name=name, message=f"{name}.", time_ns=7_000, received_ns=7_000,
            count=count,
        )
        for count, name in ((1, "one"), (2, "two"))
    ]  # fmt: skip


def test_each_reason_for_strays_is_told_once_and_all_are_kept(log):
    for octets, reason, detail in ((b"1", "odd", "a"), (b"2", "odd", "b"), (b"3", "worse", "c")):
        log.stray(octets, reason, detail, NOW)
    log.count_stray("odd", "archived elsewhere", NOW)
    log.flush()
    assert log.strays == {"odd": 3, "worse": 1}
    assert log.keeper.archive.strays() == [
        StrayRow(7_000, "odd: a", b"1"), StrayRow(7_000, "odd: b", b"2"), StrayRow(7_000, "worse: c", b"3"),
    ]  # fmt: skip
    assert [(one.severity, one.name, one.message) for one in log.drain_news()] == [
        ("low", "StrayPacket", "odd: a; further ones are only counted."),
        ("low", "StrayPacket", "worse: c; further ones are only counted."),
    ]


@pytest.mark.parametrize("others", [[packet(1)], [packet(1), packet(2)]])
@pytest.mark.parametrize("place", [0, 1])
def test_an_item_that_cannot_be_held_costs_itself_alone(log, others, place):
    log.note(*others[:place], IMPOSSIBLE, *others[place:])
    log.flush()
    assert log.keeper.archive.packets(KIND) == others
    assert log.packets == len(others)


def test_nothing_new_is_no_reason_to_write_but_what_waits_is():
    class Counting(Archive):
        written, refuses = 0, False

        def write(self, items):
            self.written += 1
            if self.refuses:
                raise ArchiveError("no")
            return super().write(items)

    log = Logbook(Keeper(archive := Counting()), Duties())
    log.flush()
    assert archive.written == 0
    archive.refuses = True
    log.note(packet(1))
    log.flush()
    archive.refuses = False
    log.flush()
    assert archive.packets(KIND) == [packet(1)]
    assert not log.keeper.waiting
