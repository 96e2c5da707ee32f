"""A station and a node over links that lose, cut and garble, and a relay that does what no node does."""

import dataclasses
from collections import Counter
from random import Random

import pytest
from msgspec.structs import replace

from ground.archive.archive import Archive
from ground.archive.history import history
from ground.archive.rows import DictionaryRow, StrayRow
from ground.errors import MismatchError, NotHeardError
from ground.records import CommandRecord, EventRecord, FileRecord, SampleRecord, TransferRecord
from ground.station.inbox import Inbox
from ground.station.station import Patience, Station
from ground.station.telemetry import TelemetryReader
from hal.clock import Moment
from hal.port import PortNews
from kernels.coding.crc import crc16
from link.cfdp import MemoryStore
from link.cfdp.pdus.pdu import CRC_OCTETS
from link.channels.tm_sender import TmSender
from link.coding.tm import TmEncoder
from link.dictionary import Dictionary
from link.packets.space_packet import HEADER_SIZE, SpacePacket
from link.pus.services import events as pus_events
from link.pus.services import housekeeping, verification
from link.pus.source import FreshNumbers, TmSource
from tests.ground.example_dictionary import APID, MANAGED, SECOND, UTC_NS
from tests.ground.flown import DICTIONARY, Done, Flown, LookoutStatus, World

START = Moment(0, UTC_NS)
ACCEPTED, STARTED, COMPLETED = (1, 1), (1, 3), (1, 7)
"""Services and subtypes of reports about commands."""
PATIENCE = Patience(round_trip_ms=1000, command_ms=20_000)


@pytest.fixture
def archive():
    return Archive()


@pytest.fixture
def world(archive, tmp_path):
    return World(Station(DICTIONARY, archive, Inbox(tmp_path), START, port="sim", patience=PATIENCE), Flown())


def states(world):
    return [(record.number, record.stages[-1].name) for record in world.of(CommandRecord)]


def events(world, origin="ground"):
    """Names of the events; of the node's those that its app reports."""
    found = [event.name for event in world.of(EventRecord) if event.origin == origin]
    return found if origin == "ground" else [name for name in found if name == "Done"]


def statuses(world, report="NodeStatus"):
    return [sample for sample in world.of(SampleRecord) if sample.report == report]


def latest(world, report="NodeStatus"):
    return next(sample for sample in world.station.latest if sample.report == report)


def test_telemetry_becomes_samples_and_history(world, archive):
    world.run(5)
    status = world.station.status(world.now)
    assert [sample.values["uptime_s"] for sample in statuses(world)] == [0, 1, 2, 3, 4]
    assert latest(world, "LookoutStatus").units == {"load": "%"}
    found = history(archive, DICTIONARY, "NodeStatus.uptime_s", since_ns=UTC_NS + SECOND, limit=3)
    assert (found.values, found.unit) == ((2, 3, 4), "s")
    assert (status.linked, status.node_dictionary) == (True, DICTIONARY.version)
    assert (status.link.frames_received >= 50, status.link.frames_lost) == (True, 0)
    assert status.link.packets - status.link.duplicates == len([*archive.stored("packets")]) >= 15


def test_a_command_from_the_operator_to_completion(world, archive):
    world.run(1)
    sent = world.station.command("lookout.look", {"target": "coast", "count": "3"}, world.now)
    assert (sent.number, sent.state, sent.arguments) == (1, "queued", {"target": "coast", "count": 3})
    world.run(2)
    assert world.flown.executed == [("lookout.look", {"target": "coast", "count": 3})]
    assert [stage for _, stage in states(world)] == [
        "queued", "released", "delivered", "accepted", "started", "completed",
    ]  # fmt: skip
    (stored,) = archive.commands()
    assert (stored.state, stored.reason, len(stored.stages)) == ("completed", "", 6)
    assert events(world, "node") == ["Done"]
    assert world.of(EventRecord)[-1].message == "lookout.look was done."
    assert world.station.status(world.now).commands == {"completed": 1}


def test_a_command_that_the_node_refuses(world):
    world.run(1)
    world.station.command("lookout.look", {"target": "nowhere"}, world.now)
    world.run(2)
    last = world.of(CommandRecord)[-1]
    assert (last.state, last.reason) == ("failed", "bad_arguments: no such target")


@pytest.mark.parametrize(
    ("name", "arguments", "sentence"),
    [
        ("lookout.dance", {}, "no command is called lookout.dance"),
        ("lookout.look", {"target": "coast", "speed": "3"}, "no argument is called speed"),
        ("lookout.look", {}, "target is missing"),
        ("lookout.look", {"target": "coast", "count": "many"}, "count = 'many', expected"),
        ("lookout.look", {"target": "x" * 250}, "octets"),
        ("lookout.erase", {}, "hazardous"),
    ],
)
def test_what_the_dictionary_does_not_allow_is_not_sent(world, archive, name, arguments, sentence):
    world.run(1)
    with pytest.raises(ValueError, match=sentence):
        world.station.command(name, arguments, world.now)
    world.run(1)
    assert (world.flown.executed, archive.commands()) == ([], [])


def test_a_hazardous_command_goes_when_it_is_confirmed(world):
    world.run(1)
    world.station.command("lookout.erase", {}, world.now, confirmed=True)
    world.run(1)
    assert world.flown.executed == [("lookout.erase", {})]


@pytest.mark.requirement("GND-OPS-003")
def test_a_command_goes_only_while_its_constraint_holds(world):
    world.run(1)
    world.station.command("lookout.compress", {}, world.now)
    world.run(0.1)
    world.flown.lookout.load = 95
    world.run(2)
    with pytest.raises(ValueError, match=r"compress is sent only while LookoutStatus.load < 90 and .*load = 95"):
        world.station.command("lookout.compress", {}, world.now)
    assert world.flown.executed == [("lookout.compress", {})]


def test_silence_is_a_timeout(world):
    world.flown.relay.silent_about = {COMPLETED}
    world.run(1)
    world.station.command("lookout.look", {"target": "coast"}, world.now)
    world.run(25)
    last = world.of(CommandRecord)[-1]
    assert (last.state, last.reason) == ("timeout", "nothing heard for 20 s after it was started")
    assert last.stages[-1].name == "timeout"


@pytest.mark.requirement("GND-OPS-005")
def test_commands_arrive_once_and_in_order_over_a_link_that_loses_units(world):
    random = Random("losses")
    world.up = lambda octets: octets if random.random() < 0.7 else b""
    world.down = lambda octets: octets if random.random() < 0.7 else b""
    world.run(2)
    for count in range(30):
        world.station.command("lookout.look", {"target": "coast", "count": count}, world.now)
    world.run(60)
    assert [arguments["count"] for _, arguments in world.flown.executed] == list(range(30))


def renamed(packet, old, new):
    """The packet with another name in its PDU, whose CRC is right again."""
    if old not in packet:
        return packet
    pdu = packet.replace(old, new)[HEADER_SIZE:-CRC_OCTETS]
    return packet[:HEADER_SIZE] + pdu + crc16(pdu).to_bytes(CRC_OCTETS)


def test_a_file_arrives_with_its_progress(world, tmp_path):
    content = bytes(range(256)) * 20
    world.run(1)
    world.flown.send_file("products+coast.bin", content)
    world.flown.relay.change = lambda packet: renamed(packet, b"products+coast", b"products/coast")
    world.run(10)
    (file,) = world.of(FileRecord)
    assert (file.name, file.size_octets) == ("products/coast.bin", len(content))
    assert (tmp_path / file.name).read_bytes() == content
    progress = [record.received_octets for record in world.of(TransferRecord)]
    assert progress == sorted(progress)
    assert len(set(progress)) > 3
    assert world.station.status(world.now).transfers[-1].condition == "complete"
    assert world.flown.node.files.entity.transactions == ()


def test_a_file_survives_losses_and_a_long_cut(world, tmp_path):
    random, content = Random("cut"), Random("file").randbytes(20_000)
    dead = range(5 * SECOND, 65 * SECOND)
    lossy = lambda octets: b"" if random.random() < 0.2 or world.now_ns in dead else octets  # noqa: E731
    world.up = world.down = lossy
    world.flown.send_file("a", content)
    world.run(150)
    assert (tmp_path / "a").read_bytes() == content
    assert events(world)[:3] == ["LinkAcquired", "LinkLost", "LinkAcquired"]


def test_a_file_name_that_leads_out_is_refused(world, tmp_path):
    world.flown.send_file("__/__/evil".replace("/", "_"), b"evil")
    world.flown.relay.change = lambda packet: renamed(packet, b"______evil", b"../../evil")
    world.run(10)
    assert world.of(FileRecord) == []
    assert world.of(TransferRecord)[-1].condition == "filestore rejection"
    assert list(tmp_path.parent.glob("evil*")) == []


def test_limits_are_told_when_they_are_crossed(world):
    world.run(2)
    world.flown.lookout.load = 95
    world.run(2)
    assert latest(world, "LookoutStatus").out_of_limits == {"load": "warning"}
    world.flown.lookout.load = 5
    world.run(2)
    assert [event.message for event in world.of(EventRecord) if event.name == "LimitCrossed"] == [
        "LookoutStatus.load = 95 % is out of limits (warning: 0..80).",
        "LookoutStatus.load = 5 % is within limits again.",
    ]


def other_dictionary() -> Dictionary:
    first, *others = DICTIONARY.reports
    return replace(DICTIONARY, reports=(replace(first, text="Another node."), *others), commands=(), events=())


def fly(world, dictionary):
    """Let the node say that it flies this dictionary."""
    world.flown.relay.beacon = {"dictionary": bytes.fromhex(dictionary.version)}


@pytest.mark.requirement("GND-OPS-002")
def test_another_dictionary_on_board_is_refused_and_nothing_is_lost(world, archive):
    flown = other_dictionary()
    fly(world, flown)
    world.run(3)
    with pytest.raises(MismatchError, match=f"flies dictionary {flown.version}, this station has"):
        world.station.command("lookout.look", {"target": "coast"}, world.now)
    assert events(world).count("DictionaryMismatch") == 1
    assert world.of(SampleRecord) == []
    assert [row.dictionary for row in archive.packets((APID, 3, 25, 1))] == [flown.version] * 3


def test_what_differs_is_said_where_the_other_dictionary_was_here_before(world, archive):
    flown = other_dictionary()
    archive.write([DictionaryRow(flown.version, flown.to_json())])
    fly(world, flown)
    world.run(1)
    with pytest.raises(MismatchError, match=r"report \w+ differs; .*command lookout.look is not on board"):
        world.station.command("lookout.look", {"target": "coast"}, world.now)


def beaconless(world, seconds):
    """Let the node be heard, but tell nothing."""
    world.flown.relay.is_mute = True
    world.run(seconds)
    world.flown.relay.is_mute = False


@pytest.mark.requirement("GND-OPS-002")
def test_no_command_goes_out_before_the_node_has_named_its_dictionary(world):
    beaconless(world, 1)
    for _ in range(2):  # after a relink as well
        assert (world.station.status(world.now).linked, world.station.status(world.now).node_dictionary) == (True, None)
        with pytest.raises(NotHeardError, match="has not reported yet which dictionary it flies"):
            world.station.command("lookout.look", {"target": "coast"}, world.now)
        world.run(1)
        world.station.command("lookout.look", {"target": "coast"}, world.now)
        world.run(1)
        world.down = lambda octets: b""
        world.run(11)
        world.down = bytes
        beaconless(world, 1)
    assert len(world.flown.executed) == 2


@pytest.mark.requirement("GND-OPS-002")
def test_a_node_that_comes_back_with_another_dictionary_gets_nothing_of_what_waited(world):
    """Without a loss of the link: only its beacon tells."""
    world.run(2)
    world.up = lambda octets: b""
    for count in range(12):
        world.station.command("lookout.look", {"target": "coast", "count": count}, world.now)
    fly(world, other_dictionary())
    world.run(2)
    world.up = bytes
    world.run(30)
    assert world.flown.executed == []
    assert {record.state for record in world.of(CommandRecord)[-12:]} <= {"failed", "timeout"}


def test_what_comes_before_the_beacon_is_decoded_once_the_dictionary_is_known(world):
    beaconless(world, 0.5)
    world.flown.report(pus_events.event_report(Done(what="early")))
    beaconless(world, 0.4)
    assert events(world, "node") == []
    world.run(1)
    assert events(world, "node") == ["Done"]


def test_the_archive_takes_no_dictionary_for_granted(world, archive):
    """Neither ours nor that of before a relink: packets are of the version that is named next, or of none."""
    beaconless(world, 1)
    fly(world, other_dictionary())
    for flown in (other_dictionary().version, DICTIONARY.version, "unknown"):
        world.flown.report(pus_events.event_report(Done(what="early")))
        (beaconless if flown == "unknown" else World.run)(world, 2)
        world.down = lambda octets: b""
        world.run(11)
        world.down = bytes
        fly(world, DICTIONARY)
        beaconless(world, 0.5)
        assert archive.packets((APID, 5, 2, Done.__id__))[-1].dictionary == flown


def test_what_comes_before_a_beacon_of_another_dictionary_is_not_decoded_by_ours(world):
    beaconless(world, 0.5)
    fly(world, other_dictionary())
    world.flown.report(pus_events.event_report(Done(what="early")))
    world.run(2)
    assert events(world, "node") == []


@pytest.mark.parametrize("back_s", [60, 3600, 10 * 365 * 86_400])
def test_clocks_set_back_hide_no_samples_for_long(world, back_s):
    """Those of the node and of the ground, as on one host."""
    world.run(5)
    before = latest(world).values["uptime_s"]
    world.utc_ns = UTC_NS - back_s * SECOND
    world.flown.relay.set_back_ns = back_s * SECOND
    world.run(12)
    assert latest(world).values["uptime_s"] > before + 10


def test_noise_and_others_frames_are_no_sign_of_the_node(world):
    """Neither keeps the link, nor brings back what the node last said of its FARM."""
    world.run(2)
    stranger = TmSender(dataclasses.replace(MANAGED, spacecraft_id=1)), TmEncoder(MANAGED)
    world.down = lambda octets: b"noise" + stranger[1].encode(stranger[0].next_frame(0))
    world.run(20)
    status = world.station.status(world.now)
    assert (status.linked, status.link.uplink, events(world)) == (False, "initial", ["LinkAcquired", "LinkLost"])
    assert status.link.frames_received > 200


@pytest.mark.requirement("GND-OPS-004")
def test_what_waits_when_the_link_is_lost_has_failed(world):
    world.run(2)
    world.up = world.down = lambda octets: b""
    for count in range(12):
        world.station.command("lookout.look", {"target": "coast", "count": count}, world.now)
    world.run(12)
    told = {record.number: record for record in world.of(CommandRecord)}
    assert {told[number].reason for number in range(9, 13)} == {"the link was lost; it was not sent"}
    world.up = world.down = bytes
    world.run(30)
    assert world.flown.executed == []


def test_a_command_that_waited_too_long_is_never_sent(archive):
    """Behind others that the node does not speak of."""
    station = Station(DICTIONARY, archive, MemoryStore(), START, patience=Patience(round_trip_ms=1000, command_ms=5000))
    world = World(station, Flown())
    world.flown.relay.silent_about = {ACCEPTED, STARTED, COMPLETED}
    world.run(2)
    for count in range(12):
        world.station.command("lookout.look", {"target": "coast", "count": count}, world.now)
    world.run(30)
    assert len(world.flown.executed) == 8
    assert world.station.status(world.now).commands == {"timeout": 12}


def test_all_that_was_dropped_is_on_the_status_page(world, monkeypatch):
    monkeypatch.setattr("ground.station.telemetry._UNDECODED_MAX", 2)
    monkeypatch.setattr("ground.commands.book.ENTRIES_MAX", 1)
    beaconless(world, 0.5)
    for _ in range(4):  # two early ones too many, and two that are given up when the link is lost
        world.flown.report(pus_events.event_report(Done(what="early")))
    beaconless(world, 0.3)
    down, world.down = world.down, lambda octets: b""
    world.run(11)
    world.down = down
    world.run(2)
    world.up = lambda octets: b""
    for target in ("coast", "desert"):
        world.station.command("lookout.look", {"target": target}, world.now)
    world.flown.report(verification.CompletionSuccess(request=0x1841_0777))
    for _ in range(1003):
        world.station._uplink.send_beside(b"file data")
    world.station._uplink._fop.notices_dropped = 5
    world.run(1)
    dropped = {what: count for what, count in world.station.status(world.now).dropped.items() if count}
    assert dropped == {
        "file packets": 3, "FOP-1 notices": 5, "commands forgotten": 1, "reports about unknown commands": 1,
        "packets not decoded": 4,
    }  # fmt: skip


def test_packets_of_a_service_that_was_killed_are_of_no_dictionary_that_is_named_later(world, archive):
    beaconless(world, 0.5)
    world.flown.report(pus_events.event_report(Done(what="early")))
    beaconless(world, 0.4)
    world.station = Station(DICTIONARY, archive, MemoryStore(), world.now, patience=PATIENCE)
    world.run(2)
    assert [row.dictionary for row in archive.packets((APID, 5, 2, Done.__id__))] == ["unknown"]


@pytest.mark.parametrize(("kind", "name"), [("away", "LinkPortAway"), ("back", "LinkPortBack")])
def test_what_happens_to_the_port_is_reported(world, kind, name):
    world.station.report_port(PortNews(kind, "uart: unplugged"), world.now)
    world.run(1)
    assert (events(world)[0], world.of(EventRecord)[0].message) == (name, "uart: unplugged.")


def test_an_event_that_is_told_again_is_no_news(world):
    world.run(1)
    packet = world.flown.report(pus_events.event_report(Done(what="it")))
    for _ in range(2):
        world.run(1)
        world.flown.relay.sender.offer("housekeeping", packet)
    assert events(world, "node") == ["Done"]


def test_a_retransmit_flag_that_stands_while_idle_is_cleared_once(world):
    world.run(2)
    world.flown.node.telecom.uplink.farm.retransmit = True
    frames = world.station.status(world.now).link.frames_sent
    world.run(30)
    link = world.station.status(world.now).link
    acknowledging = 3  # what was received meanwhile
    assert (link.uplink, link.frames_sent) == ("active", frames + 1 + acknowledging)


def test_one_packet_that_breaks_something_breaks_nothing_else(world, archive, monkeypatch, caplog):
    world.run(2)
    decode = TelemetryReader._decode

    def broken(self, reading, now):
        if reading.definition == Done.__id__:
            raise KeyError("a bug")
        decode(self, reading, now)

    monkeypatch.setattr(TelemetryReader, "_decode", broken)
    world.station.command("lookout.look", {"target": "coast"}, world.now)
    world.run(3)
    assert world.of(CommandRecord)[-1].state == "completed"
    assert len(statuses(world)) == 5
    assert len(archive.packets((APID, 5, 2, Done.__id__))) == 1
    assert world.station.status(world.now).failed == {"packet": 1}
    (failed,) = [event for event in world.of(EventRecord) if event.name == "DutyFailed"]
    assert (failed.severity, failed.message) == ("high", "packet: KeyError: 'a bug'; further ones are only counted.")


def test_one_item_that_the_archive_cannot_hold_is_alone(world, archive, caplog):
    world.run(2)
    world.station._log.note(StrayRow(1 << 70, "too late for any database", b""))
    world.run(2)
    assert len(statuses(world)) == 4
    assert len(archive.packets((APID, 3, 25, 1))) == 4
    assert world.station.status(world.now).failed["archiving"] > 0


def test_packets_that_are_not_understood_are_kept_counted_and_told_once(world, archive):
    world.run(1)
    sender, spoilt = world.flown.relay.sender, bytearray(world.flown.report(status(7)))
    world.run(0.1)
    spoilt[-1] ^= 1
    odd = [SpacePacket(77, 0, b"x").encode(), SpacePacket(77, 1, b"x").encode(), bytes(spoilt)]
    odd += [SpacePacket(0x7FD, 0, b"no file data").encode()]
    for packet in odd:
        sender.offer("housekeeping", packet)
    world.run(2)
    link = world.station.status(world.now).link
    assert link.strays == {"unknown APID": 2, "not a report": 1, "file data": 1}
    assert [row.octets for row in archive.strays()] == odd
    assert [event.severity for event in world.of(EventRecord) if event.name == "StrayPacket"] == ["low"] * 3


def status(load):
    return housekeeping.report_of(LookoutStatus(load=load))


def test_a_report_that_does_not_fit_the_dictionary_is_archived(world, archive):
    world.run(1)
    world.flown.report(housekeeping.HousekeepingReport(structure=99, values=b"?"))
    world.run(1)
    assert world.station.status(world.now).link.strays == {"not as in the dictionary": 1}
    assert len(archive.packets((APID, 3, 25, 99))) == 1


def test_a_packet_that_comes_twice_or_late_is_history_and_no_news(world, archive):
    world.run(2.1)
    old = TmSource(APID, numbers=FreshNumbers(Counter({f"{APID}": 9}))).packet(status(7), UTC_NS + SECOND // 2)
    before = world.station.latest
    for packet in (old, old):
        world.flown.relay.sender.offer("housekeeping", packet)
    world.run(0.5)
    assert world.station.latest == before
    assert history(archive, DICTIONARY, "LookoutStatus.load").values == (10, 7, 10, 10)
    assert world.station.status(world.now).link.duplicates == 1


def test_a_full_disk_loses_nothing_and_the_operator_is_told(world, archive, tmp_path):
    world.run(1)
    pages = archive._pragma("page_count")
    archive._connection.execute(f"pragma max_page_count = {pages}")
    sent = 0
    while world.station.status(world.now).archive.waiting <= 10:
        world.flown.report(housekeeping.HousekeepingReport(structure=99, values=bytes(100)))
        sent += 1
        world.run(0.1)
    assert "full" in world.station.status(world.now).archive.fault
    assert world.station.next_wake_ns <= world.now_ns + SECOND
    assert world.station.rescue(tmp_path / "rescued")
    archive._connection.execute("pragma max_page_count = 100000")
    assert not world.station.rescue(tmp_path / "never")  # the archive takes it after all
    world.run(2)
    assert world.station.status(world.now).archive.waiting == 0
    assert len(archive.packets((APID, 3, 25, 99))) == sent


def test_garbage_on_the_line_hurts_nothing(world):
    world.down = lambda octets: Random(world.now_ns).randbytes(300) + octets
    world.run(3)
    assert len(statuses(world)) == 3


def test_a_new_service_goes_on_with_commands_and_numbers(world, archive, tmp_path):
    world.flown.relay.silent_about = {COMPLETED}
    world.run(1)
    world.station.command("lookout.look", {"target": "coast"}, world.now)
    world.run(2)
    world.station = Station(DICTIONARY, archive, Inbox(tmp_path), world.now, patience=PATIENCE)
    world.flown.relay.silent_about = set()
    world.run(1)
    second = world.station.command("lookout.look", {"target": "desert"}, world.now)
    world.run(2)
    assert (second.number, second.request) == (2, f"{APID}/3")  # beside two that acknowledge what was received
    assert [record.state for record in archive.commands()] == ["completed", "completed"]
    assert [arguments["target"] for _, arguments in world.flown.executed] == ["coast", "desert"]


def test_what_was_not_sent_when_the_service_ended_failed(world, archive):
    world.run(2)
    world.station.command("lookout.look", {"target": "coast"}, world.now)
    world.station.end(world.now)
    (record,) = archive.commands()
    assert (record.state, record.reason) == ("failed", "the service ended; it was not sent")
    assert world.station.pop_output() == b""


def test_it_says_when_it_wants_to_be_stepped(world):
    assert world.station.next_wake_ns is None or world.station.next_wake_ns >= 0
    world.run(1)
    wake = world.station.next_wake_ns
    assert wake is not None
    assert wake <= world.now_ns + 10 * SECOND


def test_a_node_that_speaks_of_what_its_receiver_has_forgotten_gets_nothing_twice(world):
    """No CLCW acknowledges its frame."""
    world.run(2)
    before, directives = world.station._downlink.clcw.word, 3 << 9
    world.flown.relay.clcw = lambda word: word if (word ^ before) & directives else before
    world.station.command("lookout.look", {"target": "coast"}, world.now)
    world.run(5)
    assert len(world.flown.executed) == 1
    assert world.of(CommandRecord)[-1].state == "completed"
    status = world.station.status(world.now)
    assert (status.failed, status.link.uplink) == ({}, "active")


@pytest.mark.requirement("GND-OPS-010")
def test_a_step_of_the_grounds_clock_is_told_with_its_size(archive, tmp_path):
    station = Station(DICTIONARY, archive, Inbox(tmp_path), START, port="sim", patience=PATIENCE)
    told = []
    for seconds, ahead_s in ((1, 0), (2, 0.05), (3, 0.05), (4, 60.05), (5, 60.05), (6, 0)):
        station.step(Moment(seconds * SECOND, UTC_NS + round((seconds + ahead_s) * SECOND)))
        told += [one.message.partition(":")[0] for one in station.drain_news() if isinstance(one, EventRecord)]
    assert told == [f"The clock of the ground stepped by {step} s" for step in ("+60.000", "-60.050")]
