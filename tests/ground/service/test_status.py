"""What the station says of itself: figures of the link, what was dropped, and events in words."""

import dataclasses

import msgspec
import pytest
from msgspec.structs import replace

from ground.archive.archive import Archive
from ground.errors import ArchiveError, BusyError, MismatchError, NotHeardError
from ground.records import CommandRecord, EventRecord
from ground.station.station import Patience, Station
from hal.clock import Moment
from hal.port import PortNews
from link.cfdp import MemoryStore
from link.channels.tm_sender import TmSender
from link.coding.tm import TmEncoder
from link.packets.space_packet import SpacePacket
from tests.ground.example_dictionary import APID, FILES_APID, MANAGED, SECOND, UTC_NS
from tests.ground.example_dictionary import DICTIONARY as ANOTHER
from tests.ground.flown import DICTIONARY, Flown, World

START = Moment(0, UTC_NS)
PATIENCE = Patience(round_trip_ms=1000, command_ms=20_000)
TARGET = {"target": "coast"}
UNIT_OCTETS = 259  # of a frame, its parity and its sync marker


def world_of(dictionary=DICTIONARY, archive=None):
    station = Station(dictionary, archive or Archive(), MemoryStore(), START, port="sim", patience=PATIENCE)
    return World(station, Flown())


@pytest.fixture
def world():
    return world_of()


def told(world):
    """Severity, name and message of the ground's own events, and when."""
    return [
        (one.severity, one.name, one.message, one.time_ns - UTC_NS)
        for one in world.of(EventRecord)
        if one.origin == "ground"
    ]


def test_before_anything_is_heard(world):
    status = msgspec.to_builtins(world.station.status(Moment(5, UTC_NS + 5)))
    assert status.pop("link") == {
        "octets_received": 0, "octets_skipped": 0, "octets_sent": 0, "frames_received": 0, "frames_corrected": 0,
        "symbols_corrected": 0, "frames_uncorrectable": 0, "frames_lost": 0, "frames_twice": 0, "frames_sent": 0,
        "packets": 0, "duplicates": 0, "packets_played": 0, "strays": {}, "last_frame_ns": None, "uplink": "initial",
    }  # fmt: skip
    assert not any(status.pop("dropped").values())
    assert status == {
        "node": "coastwatch", "dictionary": DICTIONARY.version, "node_dictionary": None, "port": "sim",
        "now_ns": UTC_NS + 5, "begun_ns": UTC_NS, "linked": False, "commands": {}, "transfers": (), "failed": {},
        "archive": {"waiting": 0, "abandoned": 0, "fault": "", "unreadable": 0},
    }  # fmt: skip
    assert world.station.next_wake_ns is None
    assert (world.station.node, world.station.version) == ("coastwatch", DICTIONARY.version)


def test_all_that_can_be_dropped_has_its_name(world):
    assert list(world.station.status(START).dropped) == [
        "answers to file data", "file indications", "transfers forgotten",
        "transfers that the disk did not keep", "file packets", "FOP-1 notices", "commands forgotten",
        "reports about unknown commands", "packets not decoded", "packets not acknowledged",
    ]  # fmt: skip


def test_a_node_without_files_has_a_status_as_well():
    world = world_of(replace(DICTIONARY, files=None))
    world.run(2)
    world.flown.relay.sender.offer("housekeeping", SpacePacket(FILES_APID, 0, b"file data").encode())
    world.run(12)
    status = world.station.status(world.now)
    assert (status.transfers, status.link.strays) == ((), {"unknown APID": 1})
    world.down = lambda octets: b""
    world.run(11)
    assert not world.station.status(world.now).linked


def test_figures_of_the_link(world):
    """Three symbols wrong in one frame, one frame hopeless, one lost, and noise."""
    frames = []

    def spoilt(octets):
        frames.append(octets)
        match len(frames):
            case 3:
                return bytes([*octets[:20], *(one ^ 0xFF for one in octets[20:23]), *octets[23:]])
            case 9:
                return octets[:20] + bytes(100) + octets[120:]
            case 5:
                return b""
            case 6:
                return b"noise" + octets
        return octets

    world.down = spoilt
    world.run(2)
    sent = sum(len(one) for one in frames)
    link = world.station.status(world.now).link
    assert len(frames) == 20
    assert link.octets_received == sent - len(frames[4]) + len(b"noise")
    assert link.octets_skipped == len(b"noise")
    assert (link.frames_received, link.frames_uncorrectable, link.frames_lost) == (sent // UNIT_OCTETS - 2, 1, 2)
    assert (link.frames_corrected, link.symbols_corrected) == (1, 3)
    assert link.last_frame_ns == UTC_NS + 19 * SECOND // 10
    world.station.command("lookout.look", TARGET, world.now)
    world.station.step(world.now)
    sent = world.station.pop_output()
    after = world.station.status(world.now).link
    assert (after.octets_sent - link.octets_sent, after.frames_sent - link.frames_sent) == (len(sent), 1)


@pytest.mark.parametrize(("coding", "at", "bit"), [
    ({"rs_parity": 0}, 50, 0x01),  # the checksum alone tells
    ({}, 50, 0x01),  # wrong before Reed-Solomon was added
    ({"fecf": False}, 0, 0x40),  # of a version that nobody knows
])  # fmt: skip
def test_a_frame_that_is_none_is_not_received(coding, at, bit):
    managed = dataclasses.replace(MANAGED, **coding)
    dictionary = replace(DICTIONARY, managed=managed.to_dict())
    station = Station(dictionary, Archive(), MemoryStore(), START, patience=PATIENCE)
    sender, encoder = TmSender(managed), TmEncoder(managed)
    good, bad, last = (sender.next_frame(0) for _ in range(3))
    bad = bad[:at] + bytes([bad[at] ^ bit]) + bad[at + 1 :]
    station.feed(b"".join(map(encoder.encode, (good, bad, last))), START)
    link = station.status(START).link
    assert (link.frames_received, link.frames_uncorrectable, link.frames_lost) == (2, 1, 1)


def test_the_last_frame_was_when_it_came(world):
    world.run(2)
    world.down = lambda octets: b""
    world.run(3)
    assert world.station.status(world.now).link.last_frame_ns == UTC_NS + 19 * SECOND // 10


def test_acquisition_and_loss_in_words(world):
    world.run(1)
    world.down = lambda octets: b""
    world.run(11)
    world.down = bytes
    world.run(1)
    assert told(world) == [
        ("info", "LinkAcquired", "coastwatch is heard.", 0),
        ("low", "LinkLost", "coastwatch is not heard any more.", 9 * SECOND // 10 + 10 * SECOND),
        ("info", "LinkAcquired", "coastwatch is heard.", 12 * SECOND),
    ]


@pytest.mark.parametrize(
    ("kind", "name", "severity"),
    [("away", "LinkPortAway", "medium"), ("back", "LinkPortBack", "info"), ("refused", "LinkPortRefused", "medium")],
)
def test_the_port_in_words(world, kind, name, severity):
    world.station.report_port(PortNews(kind, "uart: so it is"), Moment(7, UTC_NS + 7))
    world.run(0.1)
    assert told(world)[0] == (severity, name, "uart: so it is.", 7)


def test_why_nothing_is_sent(world):
    with pytest.raises(NotHeardError, match=r"^not sent: coastwatch is not heard$"):
        world.station.command("lookout.look", TARGET, world.now)
    world.flown.relay.is_mute = True
    world.run(0.1)
    world.flown.relay.is_mute = False  # its beacon comes with the next second
    with pytest.raises(NotHeardError, match=r"^not sent: coastwatch has not reported yet which dictionary it flies$"):
        world.station.command("lookout.look", TARGET, world.now)
    world.run(2)
    with pytest.raises(ValueError, match=r"^lookout\.erase is hazardous; confirm it if you mean it$"):
        world.station.command("lookout.erase", {}, world.now)


def test_a_refused_command_takes_no_number(world):
    world.run(1)
    for arguments in ({}, {"target": "x" * 245}):
        with pytest.raises(ValueError, match=r"target|octets"):
            world.station.command("lookout.look", arguments, world.now)
    record = world.station.command("lookout.look", TARGET, world.now)
    assert (record.request, record.number) == (f"{APID}/1", 1)  # 0 acknowledged what was received


def test_too_many_commands_wait(world):
    world.run(1)
    world.up = lambda octets: b""
    for _ in range(100):
        world.station.command("lookout.look", TARGET, world.now)
    with pytest.raises(BusyError, match=r"^100 commands wait for the link already$"):
        world.station.command("lookout.look", TARGET, world.now)
    assert world.station.status(world.now).commands == {"queued": 100}


def test_another_dictionary_in_words():
    world = world_of()
    world.run(1)
    world.up = lambda octets: b""
    world.station.command("lookout.look", TARGET, world.now)
    world.flown.relay.beacon = {"dictionary": bytes.fromhex(ANOTHER.version)}
    world.run(2)
    why = (
        f"coastwatch flies dictionary {ANOTHER.version}, this station has {DICTIONARY.version}: which this archive has "
        "never seen; `skyrack dictionary export MISSION.toml` writes a mission's"
    )
    assert told(world)[1:] == [("high", "DictionaryMismatch", f"{why}.", SECOND)]
    with pytest.raises(MismatchError) as caught:
        world.station.command("lookout.look", TARGET, world.now)
    assert str(caught.value) == f"not sent: {why}"
    record = world.of(CommandRecord)[-1]
    assert (record.state, record.reason) == ("failed", "the node flies another dictionary; it was not sent")
    assert world.station.status(world.now).node_dictionary == ANOTHER.version


def test_earlier_commands_that_cannot_be_read_keep_no_station_from_starting(caplog):
    class Unreadable(Archive):
        def commands(self, *_):
            raise ArchiveError("archive: the disk does not answer")

    world = world_of(archive=Unreadable())
    world.run(2)
    assert told(world)[0] == (
        "high", "DutyFailed", "reading earlier commands: ArchiveError: archive: the disk does not answer;"
        " further ones are only counted.", 0,
    )  # fmt: skip
    assert world.station.command("lookout.look", TARGET, world.now).number == 1
    assert world.station.status(world.now).failed == {"reading earlier commands": 1}


@pytest.mark.parametrize(
    ("part", "method", "duty"),
    [
        ("_downlink", "feed", "frames"),
        ("_uplink", "accept", "command link"),
        ("_uplink", "step", "command link"),
        ("_files", "packets", "files"),
        ("_files", "accept", "packet"),
        ("_book", "step", "command time-outs"),
        ("_telemetry", "forget_node", "watching the link"),
    ],
)
def test_each_duty_fails_alone_under_its_name(world, monkeypatch, caplog, part, method, duty):
    def broken(*_):
        raise KeyError("a bug")

    world.run(2)
    monkeypatch.setattr(getattr(world.station, part), method, broken, raising=True)
    if method == "accept":
        world.flown.send_file("a", b"file")
    world.station.command("lookout.look", TARGET, world.now)
    world.run(3)
    world.down = lambda octets: b""
    world.run(12)
    assert set(world.station.status(world.now).failed) == {duty}
    ((severity, _, message, _),) = [one for one in told(world) if one[1] == "DutyFailed"]
    assert (severity, message) == ("high", f"{duty}: KeyError: 'a bug'; further ones are only counted.")


def test_it_wakes_for_the_first_that_is_due(world):
    world.run(2)
    last_ns = 19 * SECOND // 10
    assert world.station.next_wake_ns == last_ns + 10 * SECOND  # to lose the link
    world.station.command("lookout.look", TARGET, world.now)
    world.station.step(world.now)
    world.station.pop_output()
    assert world.station.next_wake_ns == world.now_ns + SECOND  # FOP-1's timer
    world.up = lambda octets: b""
    world.flown.send_file("a", bytes(5000))
    world.run(0.3)
    world.down = lambda octets: b""
    assert world.station.next_wake_ns == min(
        world.station._uplink.deadline_ns, world.station._files.deadline_ns, world.station._downlink.lost_at_ns
    )


def test_where_the_archive_refuses_from_the_first_it_wakes_at_once():
    class Refusing(Archive):
        def write(self, items):
            raise ArchiveError("no")

    assert world_of(archive=Refusing()).station.next_wake_ns == 0


def test_where_the_archive_refuses_it_wakes_to_try_again(world):
    world.run(2)
    archive = world.station._log.keeper.archive
    archive.write = lambda items: (_ for _ in ()).throw(ArchiveError("no"))
    world.run(1)
    assert world.station.next_wake_ns == world.now_ns - SECOND // 10 + SECOND
    del archive.write
    world.station.step(Moment(world.now_ns, UTC_NS))
    assert world.station.status(world.now).archive.waiting == 0


def test_however_much_is_missing_of_a_file_each_request_for_it_fits_a_frame(world):
    """Every fourth frame is lost while nothing can be asked for; it is asked for again after each round trip."""

    def thinned(octets):
        units = [octets[at : at + UNIT_OCTETS] for at in range(0, len(octets), UNIT_OCTETS)]
        return b"".join(units[:3])

    world.run(1)
    world.flown.send_file("a", bytes(range(250)) * 200)
    world.up, world.down = (lambda octets: b""), thinned
    world.run(9)
    assert world.station.status(world.now).transfers[-1].received_octets > 20_000
    world.up = world.down = bytes
    world.run(0.2)
    assert world.station._files.deadline_ns <= world.now_ns + SECOND
    world.run(10)
    status = world.station.status(world.now)
    assert (status.transfers[-1].condition, status.failed) == ("complete", {})


def test_what_a_node_does_not_confirm_of_a_file_it_is_told_again_after_a_round_trip(world):
    world.run(1)
    world.flown.send_file("a", b"file")
    world.up = lambda octets: b""
    world.run(0.5)
    assert world.now_ns <= world.station._files.deadline_ns <= world.now_ns + SECOND
    world.up = bytes
    world.run(3)
    assert world.station._files.deadline_ns is None
    assert world.flown.node.files.entity.transactions == ()
