import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ground.archive import Archive
from ground.archive_rows import DictionaryRow, NamedRow, PacketRow, StrayRow
from ground.errors import ArchiveError
from ground.keeper import Keeper
from ground.records import CommandRecord, EventRecord, FileRecord, Stage

KIND = (42, 3, 25, 1)


def packet(time_ns: int = 0, count: int = 0, octets: bytes = b"x") -> PacketRow:
    return PacketRow(*KIND, time_ns, count, time_ns + 5, "v1", octets)


def event(time_ns: int, count: int = 0) -> EventRecord:
    return EventRecord(
        origin="node", severity="low", name="cold", message="Cold.", time_ns=time_ns, received_ns=time_ns, count=count
    )


@given(st.lists(st.integers(0, 20)), st.lists(st.integers(0, 20)))
def test_a_packet_is_kept_once_whatever_comes_twice_late_or_in_disorder(first, second):
    archive = Archive()
    news = archive.write([packet(time_ns) for time_ns in first]) + archive.write([packet(t) for t in second])
    kept = [row.time_ns for row in archive.packets(KIND)]
    assert kept == sorted({*first, *second})
    assert sum(news) == len(kept)


def test_packets_that_differ_in_content_alone_are_both_kept():
    """A node without a clock begins each boot at one time with count 0."""
    archive = Archive()
    assert archive.write([packet(octets=b"one"), packet(octets=b"two")]) == [True, True]


def test_packets_by_time_and_the_newest_of_them():
    archive = Archive()
    archive.write([packet(time_ns) for time_ns in range(10)])
    assert [row.time_ns for row in archive.packets(KIND, start_ns=2, stop_ns=7, limit=3)] == [5, 6, 7]
    assert archive.packets((42, 3, 25, 2)) == []


def test_the_newest_packets_are_those_that_came_last_whatever_their_clock_said():
    archive = Archive()
    archive.write([packet(time_ns, count=time_ns) for time_ns in (100, 101, 102, 3, 4)])
    assert [row.time_ns for row in archive.packets(KIND, limit=3)] == [3, 4, 102]
    assert [row.time_ns for row in archive.packets(KIND, start_ns=1, limit=2)] == [3, 4]


def test_the_newest_commands_are_those_with_the_highest_numbers():
    archive = Archive()
    archive.write([
        CommandRecord(number=number, name="a.b", arguments={}, request="1/1", sent_ns=sent_ns, state="queued")
        for number, sent_ns in ((1, 1000), (2, 5), (3, 6))
    ])  # fmt: skip
    assert [record.number for record in archive.commands(limit=2)] == [2, 3]


def test_packets_of_an_unknown_dictionary_are_of_the_one_that_is_named_next():
    archive = Archive()
    unnamed = [packet(time_ns)._replace(dictionary="") for time_ns in (1, 2)]
    assert archive.write([unnamed[0], NamedRow("v2"), unnamed[1]]) == [True, True, True]
    assert [row.dictionary for row in archive.packets(KIND)] == ["v2", ""]
    archive.write([NamedRow("v3"), NamedRow("v4")])
    assert [row.dictionary for row in archive.packets(KIND)] == ["v2", "v3"]


def test_a_write_is_whole_or_nothing():
    archive = Archive()
    with pytest.raises(ArchiveError):
        archive.write([packet(1), packet(2)._replace(sequence=object())])
    assert archive.packets(KIND) == []


def test_records_come_back_as_they_were(tmp_path):
    archive = Archive(tmp_path / "archive.db")
    command = CommandRecord(
        number=1, name="a.b", arguments={"x": 1}, request="42/0", sent_ns=5, state="released",
        stages=(Stage(name="released", received_ns=5),),
    )  # fmt: skip
    file = FileRecord(name="a", size_octets=3, transaction="1-1", begun_ns=1, received_ns=9)
    archive.write([command, event(7), event(7), event(7, count=1), file, StrayRow(1, "why", b"\0\xff")])
    archive.close()
    again = Archive(tmp_path / "archive.db")
    assert again.commands() == [command]
    assert again.events() == [event(7), event(7, count=1)]
    assert again.events(since_ns=8) == []
    assert again.files() == [file]
    assert again.strays() == [StrayRow(1, "why", b"\0\xff")]


def test_a_command_is_replaced_by_its_later_state():
    archive = Archive()
    sent = CommandRecord(number=1, name="a.b", arguments={}, request="42/0", sent_ns=5, state="released")
    done = CommandRecord(number=1, name="a.b", arguments={}, request="42/0", sent_ns=5, state="completed")
    archive.write([sent])
    assert archive.write([done]) == [True]
    assert archive.commands() == [done]


def test_dictionaries_are_kept_by_version():
    archive = Archive()
    assert archive.dictionary("abc") is None
    archive.write([DictionaryRow("abc", b"{}")])
    archive.write([DictionaryRow("abc", b"{}")])
    assert archive.dictionary("abc") == b"{}"


def test_files_that_are_no_archive_are_refused_with_a_sentence(tmp_path):
    (tmp_path / "text").write_text("This is no database at all, whatever its length may be." * 100)
    sqlite3.connect(tmp_path / "other").execute("create table x (y)").connection.close()
    for name, sentence in [("text", "not a database"), ("other", "not an archive"), ("no/folder", "unable to open")]:
        with pytest.raises(ArchiveError, match=sentence):
            Archive(tmp_path / name)


def test_a_newer_schema_is_refused(tmp_path):
    Archive(tmp_path / "archive.db").close()
    later = sqlite3.connect(tmp_path / "archive.db")
    later.execute("pragma user_version = 3")
    later.close()
    with pytest.raises(ArchiveError, match="schema 3, this program knows schema 2"):
        Archive(tmp_path / "archive.db")


WRITER = """
import sys
from pathlib import Path
from ground.archive import Archive
from tests.ground.test_archive import packet
archive = Archive(Path(sys.argv[1]))
for n in range(10**9):
    archive.write([packet(3 * n + k, octets=bytes(100)) for k in range(3)])
    print(n, flush=True)
"""


def test_kill_9_loses_nothing_that_was_acknowledged(tmp_path):
    path = tmp_path / "archive.db"
    root = Path(__file__).parents[2]
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, cwd=root, env={**os.environ}
    ) as writer:
        lines = [writer.stdout.readline() for _ in range(50)]
        writer.send_signal(signal.SIGKILL)
        acknowledged = int((lines + writer.stdout.read().splitlines())[-1])
    survivors = [row.time_ns for row in Archive(path).packets(KIND, limit=10**6)]
    assert survivors[: 3 * acknowledged + 3] == list(range(3 * acknowledged + 3))
    assert len(survivors) % 3 == 0


@pytest.fixture
def full_disk():
    """An archive that refuses to grow until told otherwise."""
    archive = Archive()
    pages = archive._pragma("page_count")
    archive._connection.execute(f"pragma max_page_count = {pages}")
    return archive


def test_what_a_full_disk_refuses_is_held_and_written_later(full_disk):
    keeper = Keeper(full_disk)
    items = [packet(n, octets=bytes(3000)) for n in range(40)]
    assert keeper.keep(items) == [True] * 40
    assert keeper.record.waiting == 40
    assert "full" in keeper.record.fault
    assert not keeper.retry()
    full_disk._connection.execute("pragma max_page_count = 1000000")
    assert keeper.keep([packet(3), packet(50)]) == [True, True]  # 3 differs from the 3 above in content
    assert keeper.record == Keeper(full_disk).record
    assert len(full_disk.packets(KIND)) == 42


def test_what_is_given_up_is_counted(full_disk):
    keeper = Keeper(full_disk, capacity=10)
    for n in range(40):
        keeper.keep([packet(n, octets=bytes(30000))])
    assert (keeper.record.waiting, keeper.record.abandoned) == (10, 30)
    assert [row.time_ns for row in keeper.waiting] == list(range(30, 40))


def test_an_item_that_no_archive_can_hold_keeps_none_of_the_others_waiting(full_disk):
    keeper = Keeper(full_disk)
    late = StrayRow(1 << 70, "too late for any database", b"")
    keeper.keep([packet(1, octets=bytes(30000)), late, late, packet(2)])
    assert len(keeper.waiting) == 4
    full_disk._connection.execute("pragma max_page_count = 100000")
    assert keeper.retry()
    assert [row.time_ns for row in full_disk.packets(KIND)][-2:] == [1, 2]
    assert (keeper.record.waiting, keeper.record.abandoned) == (0, 2)


def test_what_still_waits_at_the_end_goes_to_a_file(full_disk, tmp_path):
    keeper = Keeper(full_disk)
    items = [packet(n, octets=bytes(30000)) for n in range(3)]
    keeper.keep(items)
    assert keeper.rescue(tmp_path / "rescued")
    lines = (tmp_path / "rescued").read_bytes().splitlines()
    assert [msgspec.convert(msgspec.json.decode(line)[1], PacketRow) for line in lines] == items
    assert not Keeper(Archive()).rescue(tmp_path / "none")
