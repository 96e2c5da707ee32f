"""What a node recorded while nobody listened is archived once, acknowledged once it is safe, and then left alone."""

from random import Random

import pytest
from msgspec.structs import replace as altered

from fsw.pus.storage import StorageControl, stored_packets
from ground.archive.archive import Archive
from ground.archive.keeper import Keeper
from ground.archive.reading import read_packet
from ground.archive.rows import StrayRow
from ground.errors import ArchiveError
from ground.records import EventRecord, SampleRecord
from ground.station.station import Patience, Station
from ground.station.telemetry import UNKNOWN
from hal.clock import Moment
from link.cfdp import MemoryStore
from link.packets.space_packet import SpacePacket
from link.pus.packets import TmPacket
from link.pus.parts import downlink_parts, large_report_data
from link.pus.services.events import event_report
from link.pus.services.storage import (
    AcknowledgePackets,
    AcknowledgeRecords,
    ResumeOpenRetrieval,
    StoredPackets,
)
from link.pus.services.verification import CompletionSuccess
from link.pus.source import TmSource
from tests.fsw.recorded import EAGER, VERSION, recorder, setting
from tests.ground.example_dictionary import APID, SECOND, UTC_NS
from tests.ground.flown import DICTIONARY, Done, Flown, World

RECORDS = DICTIONARY
WITHOUT = altered(DICTIONARY, services=tuple(one for one in DICTIONARY.services if one != 15))
OURS = bytes.fromhex(RECORDS.version)


class Recording(Flown):
    """A node and a relay that records its status and events, and plays back what it is told to, a run a turn."""

    def __init__(self):
        super().__init__()
        self.relay.beacon, self.relay.change = {"dictionary": OURS}, self.record
        self.recorder = recorder(None, setting(chosen=((APID, None, None),)), policy=EAGER, patience_s=40)
        self.storage = StorageControl(self.recorder, {APID}, {0})
        self.requests, self.played = [], []
        self.node.dispatcher._services[15] = self.handle

    def record(self, packet):
        if is_recorded(packet):
            self.recorder.accept([(packet, TmPacket.decode(packet).time_ns)], self.clock.monotonic_ns())
        return packet

    def report(self, report):
        return self.record(super().report(report))

    def step(self, now_ns):
        room = self.relay.sender.room("housekeeping") > 8
        if room and (run := self.recorder.play(300, now_ns)):
            self.played += [one.number for one in run.records]
            super().report(with_dictionary(run, OURS))
        return super().step(now_ns)

    def handle(self, request):
        self.requests.append(request)
        return self.storage.handle(request, self.clock.monotonic_ns())

    def ask(self, request):
        list(self.storage.handle(request, self.clock.monotonic_ns()))


def is_recorded(packet):
    report = TmPacket.decode(packet)
    kind = report.apid, report.service, report.subtype
    return kind == (APID, 5, 2) or (kind == (APID, 3, 25) and read_packet(packet).definition == 1)


def with_dictionary(run, dictionary):
    """The report of a run of records, made while the node flew this dictionary."""
    report = stored_packets(run)
    assert report.dictionary == VERSION
    report.dictionary = dictionary
    return report


class Fading:
    """A link down that is cut off for spans of time and loses a share of the rest."""

    def __init__(self, seed, outages, loss):
        self.random, self.outages, self.loss, self.world = Random(seed), outages, loss, None

    def __call__(self, octets):
        out = any(start <= self.world.now_ns < end for start, end in self.outages)
        return b"" if out or self.random.random() < self.loss else octets


def flown(archive, seed=1, outages=((20, 50),), loss=0.0):
    """A world of a recording node, and what was recorded."""
    station = Station(RECORDS, archive, MemoryStore(), Moment(0, UTC_NS), patience=Patience(round_trip_ms=1000))
    fading = Fading(seed, [(start * SECOND, end * SECOND) for start, end in outages], loss)
    world = World(station, Recording(), down=fading)
    fading.world = world
    return world


def archived(archive):
    return [row.octets for row in archive.stored("packets") if is_recorded(row.octets)]


def done(world):
    return [event.message for event in world.of(EventRecord) if event.name == "Done"]


def recorded(world):
    store = world.flown.recorder.stores[1]
    return [one.packet for segment in store.segments for one in store.read(segment)]


@pytest.mark.parametrize("seed", [1, *(pytest.param(seed, marks=pytest.mark.slow) for seed in (0, *range(2, 8)))])
@pytest.mark.requirement("GND-OPS-007")
def test_everything_is_archived_once_and_nothing_needlessly_sent(seed):
    archive = Archive()
    world = flown(archive, seed, [(10, 20), (25, 30)], loss=0.2 if seed else 0.0)
    world.run(32)
    assert set(archived(archive)) < set(recorded(world))
    world.flown.ask(ResumeOpenRetrieval(stores=[]))
    world.run(50)
    world.down = bytes
    world.run(110)
    assert sorted(archived(archive)) == sorted(recorded(world)[: len(archived(archive))])
    assert len(recorded(world)) - len(archived(archive)) <= 1
    world.flown.played.clear()
    world.run(45)
    assert world.flown.played == []


@pytest.mark.requirement("FSW-REC-009")
def test_what_came_live_is_not_played_back():
    archive = Archive()
    world = flown(archive)
    world.run(50)
    world.flown.played.clear()  # it may have been sent into the outage
    world.run(30)
    world.flown.ask(ResumeOpenRetrieval(stores=[]))
    world.run(4)
    numbers = {recorded(world).index(octets) for octets in set(recorded(world)) - set(archived(archive))}
    assert numbers <= {83, 84}
    assert set(range(20, 50)) <= set(world.flown.played)
    assert not set(range(19)) & set(world.flown.played)
    world.run(6)
    assert {type(one) for one in world.flown.requests} == {AcknowledgeRecords, AcknowledgePackets}
    assert not world.station.status(world.now).dropped["reports about unknown commands"]


def test_events_of_the_past_become_news_and_samples_do_not():
    archive = Archive()
    world = flown(archive, outages=[(0, 10)])
    world.run(5)
    world.flown.report(event_report(Done(what="it")))
    world.run(6)
    world.flown.ask(ResumeOpenRetrieval(stores=[]))
    world.run(0.5)
    assert done(world) == ["it was done."]
    assert [event.playback for event in world.of(EventRecord) if event.name == "Done"] == [True]
    assert world.station.status(world.now).link.packets_played == len(world.flown.played)
    assert abs(world.of(EventRecord)[-1].time_ns - UTC_NS - 4_900_000_000) < 60
    assert min(one.values["uptime_s"] for one in world.of(SampleRecord) if one.report == "NodeStatus") == 10
    assert len({row.time_ns for row in archive.stored("packets")}) > 10


class Refusing(Archive):
    """An archive that can be full, or busy."""

    refuses = busy = False

    def write(self, items):
        if self.refuses:
            raise ArchiveError("archive: the disk is full")
        return super().write(items)

    def secure(self):
        if self.busy:
            raise ArchiveError("archive: the disk fails")
        return super().secure()


@pytest.mark.requirement("GND-OPS-007")
def test_nothing_is_acknowledged_before_it_is_safe():
    archive = Refusing()
    world = flown(archive, outages=[])
    archive.busy = True
    world.run(40)
    assert world.flown.requests == []
    archive.busy, archive.refuses = False, True
    world.run(40)
    assert world.flown.requests == []
    archive.refuses = False
    world.run(40)
    assert world.flown.requests
    store = world.flown.recorder.stores[1]
    assert next(store.marks.unsettled(0, store.durable))[0] > 80


def test_what_the_archive_gave_up_is_not_acknowledged(monkeypatch):
    archive = Refusing()
    world = flown(archive, outages=[])
    monkeypatch.setattr(Keeper, "_hold", lambda keeper, items: setattr(keeper, "abandoned", keeper.abandoned + 1))
    archive.refuses = True
    world.run(10)
    archive.refuses = False
    world.run(60)
    world.flown.ask(ResumeOpenRetrieval(stores=[]))
    world.run(20)
    assert sorted(archived(archive)) == sorted(recorded(world))[: len(archived(archive))]
    assert len(recorded(world)) - len(archived(archive)) <= 1


def test_a_node_without_a_recorder_is_told_nothing():
    world = flown(Archive(), outages=[])
    world.station = Station(WITHOUT, Archive(), MemoryStore(), Moment(0, UTC_NS))
    world.flown.relay.beacon = {"dictionary": bytes.fromhex(WITHOUT.version)}
    world.run(40)
    assert world.flown.requests == []
    world.flown.ask(ResumeOpenRetrieval(stores=[]))
    world.run(10)
    assert world.flown.requests == []


class TestReports:
    """Reports of service 15 by themselves, and in parts."""

    def hear(self, *reports):
        archive = Archive()
        world = flown(archive, outages=[])
        world.run(1)
        for report in reports:
            Flown.report(world.flown, report)
        world.run(1)
        return world, archive

    def of(self, *packets, dictionary=OURS):
        return StoredPackets(store=1, first=7, dictionary=dictionary, packets=b"".join(packets))

    def packet(self, report):
        return TmSource(APID).packet(report, UTC_NS - 50 * SECOND)

    def rows(self, archive):
        return [row for row in archive.stored("packets") if row.time_ns < UTC_NS - SECOND]

    @pytest.mark.requirement("FSW-REC-008")
    def test_the_dictionary_of_the_time_is_kept(self):
        packet = self.packet(event_report(Done(what="it")))
        for dictionary, name in ((bytes(8), UNKNOWN), (b"\1" * 8, "01" * 8), (OURS, RECORDS.version)):
            world, archive = self.hear(self.of(packet, dictionary=dictionary))
            assert [(row.dictionary, row.octets) for row in self.rows(archive)] == [(name, packet)]
            assert len(done(world)) == (dictionary == OURS)

    def test_what_is_no_packet_is_kept_as_it_came(self):
        torn, no_report = self.of(b"torn"), self.of(SpacePacket(APID, 3, b"abc").encode())
        world, archive = self.hear(torn, no_report)
        strays = [row for row in archive.strays() if isinstance(row, StrayRow)]
        assert [row.reason.partition(":")[0] for row in strays] == ["recorded packets", "not a report"]
        assert strays[1].octets == no_report.packets
        assert world.station.status(world.now).link.strays == {"recorded packets": 1, "not a report": 1}

    def test_a_report_longer_than_a_packet_comes_in_parts(self):
        packets = [self.packet(CompletionSuccess(request=number)) for number in range(20)]
        parts = downlink_parts(4, large_report_data(self.of(*packets)), 150)
        _, archive = self.hear(*parts)
        assert len([row for row in archive.stored("packets") if row.service == 13]) > 2
        assert [row.octets for row in self.rows(archive)] == packets

    def test_any_report_may_come_in_parts(self):
        world, _ = self.hear(*downlink_parts(4, large_report_data(event_report(Done(what="it"))), 4))
        assert done(world) == ["it was done."]

    def test_parts_of_no_report_are_counted(self):
        world, _ = self.hear(*downlink_parts(4, b"\xff\xff nothing", 3), *downlink_parts(5, b"\x11\x02", 1))
        assert world.station.status(world.now).link.strays == {"not a report": 1}
