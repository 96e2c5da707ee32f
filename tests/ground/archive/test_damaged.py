"""Octets of an archive flip: the ground starts, reports it, and reads what the flip did not touch."""

import shutil
import sqlite3
import zlib
from contextlib import closing
from random import Random

import msgspec
import pytest

from ground.archive.archive import Archive
from ground.archive.lasting import LastingArchive
from ground.archive.reader import ArchiveReader
from ground.archive.reading import read_packet
from ground.archive.rows import COLUMNS, DictionaryRow, PacketRow, StrayRow
from ground.archive.schema import PAGE_OCTETS
from ground.archive.survey import rescue, survey
from ground.errors import DamagedArchiveError
from ground.records import CommandRecord, CommandStage, EventRecord, FileRecord
from link.pus.services.housekeeping import HousekeepingReport
from link.pus.source import TmSource
from tests.ground.example_dictionary import APID, DICTIONARY, UTC_NS

COUNT = 60


def packets():
    source = TmSource(APID)
    for n in range(COUNT):
        octets = source.packet(HousekeepingReport(structure=9, values=bytes([n]) * (20 + 90 * (n % 7))), UTC_NS + n)
        yield read_packet(octets).row(octets, UTC_NS + n, DICTIONARY.version)
    large = source.packet(HousekeepingReport(structure=9, values=bytes(9000)), UTC_NS + COUNT)
    yield read_packet(large).row(large, UTC_NS, DICTIONARY.version)


def command(number):
    return CommandRecord(
        number=number, name="imaging.capture", arguments={"target": "coast"}, request=f"{APID}/{number}",
        sent_ns=UTC_NS + number, state="completed", stages=(CommandStage(name="completed", received_ns=UTC_NS),),
    )  # fmt: skip


def event(n):
    return EventRecord(
        origin="node", severity="low", name="Café", message=f"Number {n}.", time_ns=UTC_NS + n,
        received_ns=UTC_NS - n, count=n,
    )  # fmt: skip


def items():
    """In the order of arrival, which is not that of the ground's clock."""
    files = (FileRecord(name=f"{n}.product", size_octets=n, transaction="1-1", begun_ns=0, received_ns=UTC_NS - n)
            for n in range(COUNT))  # fmt: skip
    strays = (StrayRow(UTC_NS, f"reason {n}", bytes([n]) * 50) for n in range(COUNT))
    dictionary = DictionaryRow(DICTIONARY.version, DICTIONARY.to_json())
    commands = (command(n) for n in range(1, COUNT + 1))
    return [dictionary, *packets(), *strays, *map(event, range(COUNT)), *commands, *files]


ITEMS = items()


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The octets of an archive, closed properly, and those of one that was killed, with its log."""
    path = tmp_path_factory.mktemp("whole") / "archive.db"
    archive = Archive(path)
    for at in range(0, len(ITEMS), 7):
        archive.write(ITEMS[at : at + 7])
    killed = path.read_bytes(), path.with_name("archive.db-wal").read_bytes()
    archive.close()
    return path.read_bytes(), killed


def flipped(octets, at, dice):
    return octets[:at] + bytes([octets[at] ^ dice.randrange(1, 256)]) + octets[at + 1 :]


def kept(archive):
    return [item for table in COLUMNS for item in archive.stored(table) if item is not None]


def damage(before, after, strange_max=1):
    """Items that are not there any more; nothing may be there that never was, but for what no digest covers."""
    strange = [item for item in after if item not in before]
    assert all(type(item) in (PacketRow, StrayRow, DictionaryRow) for item in strange), strange
    assert len(strange) <= strange_max
    return [item for item in before if item not in after]


def place(folder, octets, journal=b""):
    """An archive with this content in a folder of its own, which is empty beside it."""
    shutil.rmtree(folder / "station", ignore_errors=True)
    path = folder / "station" / "archive.db"
    path.parent.mkdir()
    path.write_bytes(octets)
    if journal:
        path.with_name("archive.db-wal").write_bytes(journal)
    return path


def after_start(path):
    archive = LastingArchive(path)
    assert archive.write([event(COUNT)]) == [True]
    found = kept(archive)
    found.remove(event(COUNT))
    archive.close()
    return found, archive.notes


HEADER, LOG_HEADERS = Random(0).sample(range(100), 100), Random(0).sample(range(56), 56)
"""Octets of the file's header, and of the log's and its first frame's."""
MANY = pytest.param(3000, marks=pytest.mark.slow)


@pytest.mark.parametrize("flips", [30, MANY])
def test_a_flipped_octet_anywhere_costs_what_it_is_in(whole, tmp_path, flips):
    octets, _ = whole
    dice = Random("flips")
    for at in [*HEADER[:flips], *(dice.randrange(len(octets)) for _ in range(flips))]:
        path = place(tmp_path, flipped(octets, at, dice))
        found, notes = after_start(path)
        assert len(damage(ITEMS, found)) <= 1, at
        assert bool(notes) == path.with_name("archive.db.1").exists(), at


@pytest.mark.parametrize("flips", [15, MANY])
def test_a_flipped_octet_anywhere_in_the_log_costs_what_it_is_in(whole, tmp_path, flips):
    """SQLite itself would forget all that stands behind it."""
    _, (octets, journal) = whole
    dice = Random("log")
    for at in [*LOG_HEADERS[:flips], *(dice.randrange(len(journal)) for _ in range(flips))]:
        path = place(tmp_path, octets, flipped(journal, at, dice))
        assert len(damage(ITEMS, after_start(path)[0])) <= 1, at


def test_several_damaged_places_cost_no_more_than_there_are(whole, tmp_path):
    octets, _ = whole
    dice = Random("several")
    for _ in range(20):
        torn = octets
        for _ in range(10):
            torn = flipped(torn, dice.randrange(len(torn)), dice)
        file = place(tmp_path, torn)
        with closing(Archive()) as archive:
            found = rescue(file, archive)
            assert len(damage(ITEMS, kept(archive), strange_max=10)) <= 10
        assert sum(found.whole.values()) >= len(ITEMS) - 10
        assert file.read_bytes() == torn


def test_what_is_rescued_stands_in_the_order_in_which_it_came(whole, tmp_path):
    octets, _ = whole
    file = place(tmp_path, flipped(octets, 44, Random(0)))
    with closing(Archive()) as archive:
        rescue(file, archive)
        assert kept(archive) == ITEMS
        assert archive.events() == [event(n) for n in range(COUNT)]  # though the ground's clock went back all the time


def test_lost_rows_are_counted_by_the_gaps_that_they_leave(whole, tmp_path):
    octets, _ = whole
    at = octets.index(b"Number 30.") // PAGE_OCTETS * PAGE_OCTETS
    gone = sum(f"Number {n}.".encode() in octets[at : at + PAGE_OCTETS] for n in range(COUNT))
    found = survey(place(tmp_path, octets[:at] + bytes(PAGE_OCTETS) + octets[at + PAGE_OCTETS :]))
    assert not found.is_sound
    assert found.damaged == dict.fromkeys(COLUMNS, 0) | {"events": gone}
    assert found.whole["events"] == COUNT - gone > 0


def test_a_sound_archive_is_found_sound_and_is_not_touched(whole, tmp_path):
    octets, killed = whole
    for file in (place(tmp_path, octets), place(tmp_path, *killed)):
        found = survey(file)
        assert found.is_sound
        assert sum(found.whole.values()) == len(ITEMS)
        with closing(Archive(tmp_path / "out.db")) as archive:
            assert rescue(file, archive).whole == found.whole
            assert kept(archive) == ITEMS
        (tmp_path / "out.db").unlink()
        assert file.read_bytes() in (octets, killed[0])


def test_a_record_that_is_no_text_costs_itself_alone(whole, tmp_path):
    octets, _ = whole
    cafe = "Café".encode()
    at = octets.index(cafe + b'","message":"Number 7."') + len(cafe) - 1
    file = place(tmp_path, octets[:at] + b"\xff" + octets[at + 1 :])
    with closing(Archive(file, read_only=True)) as archive:
        assert archive.events() == [event(n) for n in range(COUNT) if n != 7]
        assert archive.unreadable == 1
    found = survey(file)
    assert (found.fault, found.damaged["events"]) == ("", 1)


def test_a_reader_tells_what_can_be_read_of_a_damaged_file(whole, tmp_path):
    octets, killed = whole
    at = octets.index(b"Number 30.") // PAGE_OCTETS * PAGE_OCTETS
    lost_page = octets[:at] + b"\xff" * 200 + octets[at + 200 :]
    for content in ((flipped(octets, 5, Random(1)),), (lost_page,), (killed[0], flipped(killed[1], 5000, Random(1)))):
        file = place(tmp_path, *content)
        with ArchiveReader(file.parent) as reader:
            assert reader.commands() == [command(n) for n in range(1, COUNT + 1)]
            assert COUNT // 2 < len(reader.events()) <= COUNT
            assert reader.unreadable >= 1
        assert sorted(path.name for path in file.parent.iterdir())[0] == "archive.db"
        assert file.read_bytes() == content[0]


def test_a_reader_refuses_what_is_no_archive(tmp_path):
    sqlite3.connect(tmp_path / "archive.db").execute("create table x (y)").connection.close()
    with pytest.raises(DamagedArchiveError, match="not a database of ours"):
        ArchiveReader(tmp_path)


def test_a_value_of_another_type_costs_its_row_alone(whole, tmp_path):
    octets, _ = whole
    file = place(tmp_path, octets)
    other = sqlite3.connect(file)
    other.execute("update packets set time_ns = 'noon' where id = 3")
    other.execute("update commands set record = 5 where number = 4")
    other.execute("update files set digest = x'00' where id = 5")
    other.commit()
    other.close()
    with closing(LastingArchive(file)) as archive:
        assert (archive.commands(), len(archive.files())) == (
            [command(n) for n in range(1, COUNT + 1) if n != 4],
            COUNT - 1,
        )
        assert len(archive.packets((APID, 3, 25, 9))) == COUNT
        assert archive.notes == []


def test_a_large_damaged_file_is_set_aside_but_not_carried_over(whole, tmp_path, monkeypatch):
    octets, _ = whole
    monkeypatch.setattr("ground.archive.lasting.CARRIED_MEANWHILE_OCTETS_MAX", len(octets) - 1)
    file = place(tmp_path, octets)
    with closing(LastingArchive(file)) as archive:
        archive.write([ITEMS[0]])
        archive._damage = "damaged"
        assert archive.write([event(COUNT)]) == [True]
        assert "`skyrack ground rescue` reads what can be read of it" in archive.notes[0]
        assert kept(archive) == [ITEMS[0], event(COUNT)]  # the dictionary that what comes is read with is there
    assert survey(file.with_name("archive.db.1")).is_sound


def test_the_damaged_file_is_set_aside_with_its_log(whole, tmp_path):
    _, killed = whole
    torn = flipped(killed[1], 100, Random(0))
    file = place(tmp_path, killed[0], torn)
    with closing(LastingArchive(file)) as archive:
        assert "set aside as archive.db.1" in archive.notes[0]
    assert file.with_name("archive.db.1").read_bytes() == killed[0]
    assert file.with_name("archive.db.1-wal").read_bytes() == torn


@pytest.mark.parametrize("content", [b"A person's notes." * 1000, b"x", bytes(5000)])
def test_what_is_no_archive_gives_way_and_stays(tmp_path, content):
    file = place(tmp_path, content)
    with closing(LastingArchive(file)) as archive:
        assert archive.write([event(1)]) == [True]
        assert archive.events() == [event(1)]
    assert file.with_name("archive.db.1").read_bytes() == content


def test_damage_that_comes_while_it_is_written_is_set_aside(whole, tmp_path):
    octets, _ = whole
    file = place(tmp_path, octets)
    archive = LastingArchive(file)
    archive._connection.execute("pragma cache_size = 0")
    at = octets.index(b"Number 30.") // PAGE_OCTETS * PAGE_OCTETS
    with file.open("r+b") as opened:
        opened.seek(at)
        opened.write(b"\xff" * 100)
    with pytest.raises(DamagedArchiveError):
        archive.events()
    assert archive.write([event(COUNT)]) == [True]
    assert archive.events()[-1] == event(COUNT)
    assert len(archive.events()) > COUNT // 2
    archive.close()


FIRST_VERSION = """
    create table dictionaries (version text primary key, content blob);
    create table packets (
        id integer primary key, apid integer, service integer, subtype integer, definition integer, time_ns integer,
        sequence integer, digest integer, received_ns integer, dictionary text, octets blob,
        unique (apid, service, subtype, definition, time_ns, sequence, digest));
    create index packets_arrived on packets (apid, service, subtype, definition);
    create table strays (id integer primary key, received_ns integer, reason text, octets blob);
    create table events (
        received_ns integer, origin text, time_ns integer, count integer, name text, record text,
        primary key (received_ns, origin, time_ns, count, name)) without rowid;
    create unique index one_event on events (origin, time_ns, count, name);
    create table commands (number integer primary key, sent_ns integer, record text);
    create table files (
        received_ns integer, name text, record text, primary key (received_ns, name)) without rowid;
    pragma application_id = 0x534B5952;
    pragma user_version = 1;
"""
EVENTS = [item for item in ITEMS if isinstance(item, EventRecord)]
FILES = [item for item in ITEMS if isinstance(item, FileRecord)]


@pytest.fixture(scope="module")
def first_version(tmp_path_factory):
    """The octets of an archive as the first version of this program wrote it."""
    path = tmp_path_factory.mktemp("first") / "archive.db"
    old = sqlite3.connect(path, isolation_level=None)
    old.execute("pragma journal_mode = wal")
    old.executescript(FIRST_VERSION)
    for item in ITEMS:
        match item:
            case DictionaryRow():
                old.execute("insert into dictionaries values (?,?)", item)
            case PacketRow():
                *head, received_ns, version, octets = item
                values = *head, zlib.crc32(octets), received_ns, version, octets
                old.execute("insert into packets values (null,?,?,?,?,?,?,?,?,?,?)", values)
            case StrayRow():
                old.execute("insert into strays values (null,?,?,?)", item)
            case EventRecord():
                key = item.received_ns, item.origin, item.time_ns, item.count, item.name
                old.execute("insert into events values (?,?,?,?,?,?)", (*key, text(item)))
            case CommandRecord():
                old.execute("insert into commands values (?,?,?)", (item.number, item.sent_ns, text(item)))
            case FileRecord():
                old.execute("insert into files values (?,?,?)", (item.received_ns, item.name, text(item)))
    old.close()
    return path.read_bytes()


def text(record):
    return msgspec.json.encode(record).decode()


def test_an_archive_of_the_first_version_is_read_as_it_is_and_written_as_one_of_today(first_version, tmp_path):
    file = place(tmp_path, first_version)
    with closing(Archive(file, read_only=True)) as archive:
        assert (archive.events(), archive.files()) == (EVENTS[::-1], FILES[::-1])  # by the ground's clock
        assert damage(ITEMS, kept(archive), strange_max=0) == []
        assert archive.dictionary(DICTIONARY.version) == DICTIONARY.to_json()
    assert survey(file).is_sound
    assert file.read_bytes() == first_version
    with closing(LastingArchive(file)) as archive:
        assert damage(ITEMS, kept(archive), strange_max=0) == []
        assert archive.write([event(0), event(COUNT)]) == [False, True]
        assert archive.events()[-1] == event(COUNT)
        assert archive.notes == []
    assert survey(file).is_sound


def test_a_flipped_octet_in_an_archive_of_the_first_version_costs_what_it_is_in(first_version, tmp_path):
    """Its records have no digest: a flip may change one unseen, but no other."""
    dice = Random("first")
    for at in [*range(0, 100, 3), *(dice.randrange(len(first_version)) for _ in range(30))]:
        found, _ = after_start(place(tmp_path, flipped(first_version, at, dice)))
        assert len([item for item in ITEMS if item not in found]) <= 1, at
