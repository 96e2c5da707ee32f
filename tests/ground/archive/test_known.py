"""A full disk hides nothing from an operator: what waits in memory is known as well, once, and in its order."""

import pytest
from msgspec.structs import replace

from ground.archive.archive import Archive
from ground.archive.keeper import Keeper
from ground.archive.known import Known
from ground.archive.rows import DictionaryRow, PacketRow
from ground.records import CommandRecord, EventRecord, FileRecord

KIND = (65, 3, 25, 9)
COMMAND = CommandRecord(number=1, name="ping", arguments={}, request="65/0", sent_ns=10, state="queued")
EVENT = EventRecord(
    origin="node", severity="info", name="NodeStarted", message="", time_ns=1, received_ns=10, count=1
)  # fmt: skip
FILE = FileRecord(name="a", size_octets=1, transaction="1/1", begun_ns=1, received_ns=10)


def packet(time_ns, **changes):
    return PacketRow(*KIND, time_ns, 0, time_ns, "v1", b"x")._replace(**changes)


@pytest.fixture
def keeper():
    """With an archive that holds the first of each kind, and takes no more."""
    archive = Archive()
    archive.write([COMMAND, EVENT, FILE, packet(1), DictionaryRow("v1", b"old")])
    archive._connection.execute("pragma query_only = on")
    return Keeper(archive)


@pytest.fixture
def known(keeper):
    return Known(keeper.archive, lambda: keeper.waiting)


def test_an_archive_that_takes_all_is_known_as_it_is(known):
    assert (known.commands(), known.events(), known.files()) == ([COMMAND], [EVENT], [FILE])
    assert known.packets(KIND) == [packet(1)]
    assert (known.dictionary("v1"), known.dictionary("v2")) == (b"old", None)


def test_commands_are_known_as_they_stand_now(known, keeper):
    ended, later = replace(COMMAND, state="completed"), replace(COMMAND, number=2, sent_ns=20)
    keeper.keep([replace(COMMAND, state="started"), later, ended])
    assert known.commands() == [ended, later]
    assert known.commands(limit=1) == known.commands(since_ns=11) == [later]


def test_events_and_files_stand_in_the_order_of_their_arrival_and_once(known, keeper):
    later, more = replace(EVENT, count=2, received_ns=20), replace(FILE, name="b", received_ns=20)
    keeper.keep([later, more, replace(EVENT, received_ns=30), replace(later, received_ns=40)])
    assert (known.events(), known.files()) == ([EVENT, later], [FILE, more])
    assert (known.events(limit=1), known.files(limit=1)) == ([later], [more])
    assert (known.events(since_ns=11)[0], known.files(since_ns=11)) == (later, [more])


def test_packets_are_sorted_by_time_and_told_once(known, keeper):
    keeper.keep([packet(5), packet(3), packet(1), packet(5), packet(4, apid=66)])
    assert [row.time_ns for row in known.packets(KIND)] == [1, 3, 5]
    assert [row.time_ns for row in known.packets(KIND, start_ns=2)] == [3, 5]
    assert [row.time_ns for row in known.packets(KIND, limit=1)] == [3]  # which came last


def test_a_dictionary_that_waits_is_known(known, keeper):
    keeper.keep([DictionaryRow("v2", b"new")])
    assert (known.dictionary("v1"), known.dictionary("v2")) == (b"old", b"new")
