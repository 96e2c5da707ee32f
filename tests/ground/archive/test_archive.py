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

from ground.archive.archive import Archive
from ground.archive.keeper import Keeper
from ground.archive.rows import DictionaryRow, NamedRow, PacketRow, StrayRow
from ground.errors import ArchiveError, DamagedArchiveError
from ground.records import CommandRecord, CommandStage, EventRecord, FileRecord

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


def test_packets_of_one_time_stand_in_their_order():
    archive = Archive()
    archive.write([packet(7, count=count) for count in (2, 3, 1)])
    assert [row.sequence for row in archive.packets(KIND)] == [1, 2, 3]


@pytest.mark.parametrize(
    ("bounds", "found"),
    [
        ({"start_ns": 0}, [0, 1, 2]),
        ({"start_ns": 1}, [1, 2]),
        ({"stop_ns": 1}, [0, 1]),
        ({"start_ns": 1, "stop_ns": 1}, [1]),
        ({"start_ns": 3}, []),
    ],
)
def test_times_are_inclusive(bounds, found):
    archive = Archive()
    archive.write([packet(time_ns) for time_ns in range(3)])
    assert [row.time_ns for row in archive.packets(KIND, **bounds)] == found


def test_a_thousand_packets_and_records_a_hundred_strays_unless_it_is_said_otherwise():
    archive = Archive()
    many = range(1001)
    archive.write([packet(n) for n in many])
    archive.write([event(n) for n in many])
    archive.write([StrayRow(n, "why", bytes(n % 7)) for n in many])
    archive.write([FileRecord(name="a", size_octets=3, transaction="1", begun_ns=1, received_ns=n) for n in many])
    archive.write([
        CommandRecord(number=n + 1, name="a.b", arguments={}, request="1/1", sent_ns=n, state="queued") for n in many
    ])  # fmt: skip
    assert [row.time_ns for row in archive.packets(KIND)] == list(many[1:])
    assert [row.received_ns for row in archive.strays()] == list(many[-100:])
    assert len(archive.strays(limit=2000)) == 1001
    assert [one.received_ns for one in archive.events()] == list(many[1:])
    assert [one.received_ns for one in archive.files()] == list(many[1:])
    assert [one.sent_ns for one in archive.commands()] == list(many[1:])


@pytest.mark.parametrize("kind", ["events", "files", "commands"])
def test_records_since_a_time_and_the_last_of_them(kind):
    archive = Archive()
    archive.write([event(n) for n in range(5)])
    archive.write([FileRecord(name="a", size_octets=3, transaction="1", begun_ns=1, received_ns=n) for n in range(5)])
    archive.write([
        CommandRecord(number=n + 1, name="a.b", arguments={}, request="1/1", sent_ns=n, state="queued")
        for n in range(5)
    ])  # fmt: skip
    find = getattr(archive, kind)
    times = lambda *of: [one.sent_ns if kind == "commands" else one.received_ns for one in find(*of)]  # noqa: E731
    assert times(3) == [3, 4]
    assert times(1, 2) == [3, 4]
    assert times(0, 5) == times() == [0, 1, 2, 3, 4]


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
        stages=(CommandStage(name="released", received_ns=5),),
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
    assert archive.dictionary("ab") is None


def test_the_newest_dictionary_is_the_one_that_came_last():
    archive = Archive()
    assert archive.newest_dictionary is None
    for version in ("b", "c", "a", "b"):
        archive.write([DictionaryRow(version, version.encode())])
    assert archive.newest_dictionary == "a"
    assert archive.dictionary("c") == b"c"


def test_files_that_are_no_archive_are_refused_with_a_sentence(tmp_path):
    (tmp_path / "text").write_text("This is no database at all, whatever its length may be." * 100)
    sqlite3.connect(tmp_path / "other").execute("create table x (y)").connection.close()
    for name, sentence in [("text", "not a database"), ("other", "not an archive"), ("no/folder", "unable to open")]:
        with pytest.raises(ArchiveError, match=sentence):
            Archive(tmp_path / name)


@pytest.mark.parametrize("read_only", [False, True])
@pytest.mark.parametrize(
    ("statement", "sentence"),
    [
        ("pragma user_version = 3", "archive.db has schema 3, this program knows schema 2"),
        ("pragma user_version = 0", "archive.db has schema 0, this program knows schema 2"),
        ("pragma application_id = 1", "archive.db is a database, but not an archive of ours"),
        ("drop table files", "archive.db: its tables are not those of schema 2"),
    ],
)
def test_what_is_not_as_we_made_it_is_refused(tmp_path, statement, sentence, read_only):
    path = tmp_path / "archive.db"
    Archive(path).close()
    other = sqlite3.connect(path)
    other.execute(statement)
    other.close()
    before = path.read_bytes()
    with pytest.raises(DamagedArchiveError, match=sentence):
        Archive(path, read_only=read_only)
    assert path.read_bytes() == before


def test_an_archive_without_a_file_says_so(full_disk):
    with pytest.raises(ArchiveError, match="archive in memory: database or disk is full"):
        full_disk.write([packet(1, octets=bytes(30_000))])
    assert full_disk.structure_fault() == ""


def test_what_is_only_read_is_not_touched_and_nothing_is_put_beside_it(tmp_path):
    path = tmp_path / "archive.db"
    archive = Archive(path)
    archive.write([packet(1)])
    archive.close()
    before = path.read_bytes()
    reader = Archive(path, read_only=True)
    assert reader.packets(KIND) == [packet(1)]
    assert [found.name for found in tmp_path.iterdir()] == ["archive.db"]
    with pytest.raises(ArchiveError, match=r"archive .*archive\.db: attempt to write a readonly database"):
        reader.write([packet(2)])
    reader.close()
    assert path.read_bytes() == before
    with pytest.raises(ArchiveError, match="unable to open"):
        Archive(tmp_path / "none.db", read_only=True)
    assert not (tmp_path / "none.db").exists()


def test_what_another_program_is_writing_can_be_read(tmp_path):
    """The last transactions are in its log only."""
    path = tmp_path / "archive.db"
    writer = Archive(path)
    writer.write([packet(1)])
    reader = Archive(path, read_only=True)
    writer.write([packet(2)])
    assert [row.time_ns for row in reader.packets(KIND)] == [1, 2]
    reader.close()
    writer.close()


def test_a_damaged_row_is_counted_and_passed_over(tmp_path):
    archive = Archive(tmp_path / "archive.db")
    archive.write([event(n) for n in range(4)])
    other = sqlite3.connect(tmp_path / "archive.db")
    other.execute("update events set digest = 0 where id in (2, 3)")
    other.commit()
    other.close()
    assert archive.events() == [event(0), event(3)]
    assert archive.unreadable == 2
    assert list(archive.stored("events")) == [event(0), None, None, event(3)]
    archive.close()


def test_an_archive_without_a_file_makes_none(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    archive = Archive()
    archive.write([packet(1)])
    assert list(tmp_path.iterdir()) == []


def test_closed_is_closed(tmp_path):
    archive = Archive(tmp_path / "archive.db")
    archive.close()
    with pytest.raises(ArchiveError, match="closed") as refused:
        archive.events()
    assert type(refused.value) is ArchiveError  # nothing in the file is damaged


WRITER = """
import sys
from pathlib import Path
from ground.archive.archive import Archive
from tests.ground.archive.test_archive import packet
archive = Archive(Path(sys.argv[1]))
for n in range(10**9):
    archive.write([packet(3 * n + k, octets=bytes(100)) for k in range(3)])
    print(n, flush=True)
"""


def test_kill_9_loses_nothing_that_was_acknowledged(tmp_path):
    path = tmp_path / "archive.db"
    root = Path(__file__).parents[3]
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
