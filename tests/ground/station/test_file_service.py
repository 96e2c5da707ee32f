"""Files from the node, packet by packet: what is asked for again, when, and what is no file."""

import pytest

from ground.archive.archive import Archive
from ground.archive.keeper import Keeper
from ground.records import FileRecord, TransferRecord
from ground.station.duties import Duties
from ground.station.file_service import PDUS_MAX, FileService
from ground.station.logbook import Logbook
from hal.clock import Moment
from link.cfdp import Entity, MemoryStore, Settings
from link.dictionary.dictionary import FilePartners
from link.packets.space_packet import COUNT_MODULUS, SpacePacket
from tests.ground.example_dictionary import FILES_APID, GROUND_ENTITY, NODE_ENTITY, SECOND, UTC_NS

CONTENT = bytes(range(256)) * 4
PARTNERS = FilePartners(apid=FILES_APID, node_entity=NODE_ENTITY, ground_entity=GROUND_ENTITY)


class Pass:
    """A node's CFDP entity and the ground's service, which hears the PDUs that `hears` lets through."""

    def __init__(self):
        self.log, self.store = Logbook(Keeper(Archive()), Duties()), MemoryStore()
        settings = Settings(pdu_octets_max=128, ack_ms=700, nak_ms=300, inactivity_ms=100_000)
        self.files = FileService(PARTNERS, self.store, settings, self.log, Moment(0, UTC_NS))
        source = MemoryStore()
        source.files["a"] = CONTENT
        self.node = Entity(NODE_ENTITY, source, settings)
        self.node.put("a", "one.bin", GROUND_ENTITY)
        self.now_ns, self.news = 0, []

    @property
    def now(self):
        return Moment(self.now_ns, UTC_NS + self.now_ns)

    def down(self, hears=lambda number: True):
        number = 0
        while pdu := self.node.pop_pdu(self.now_ns):
            if hears(number):
                self.files.accept(SpacePacket(FILES_APID, number, pdu).encode(), self.now)
            number += 1

    def up(self):
        """What the ground sends now, as the node takes it."""
        packets = [SpacePacket.decode(octets) for octets in self.files.packets(self.now)]
        for packet in packets:
            self.node.accept(packet.data, self.now_ns)
        self.log.flush()
        self.news += self.log.drain_news()
        return packets

    def told(self, kind):
        return [record for record in self.news if isinstance(record, kind)]


@pytest.fixture
def flight():
    return Pass()


def test_a_file_arrives_and_is_recorded_and_every_step_of_it_told(flight):
    assert (flight.files.apid, flight.files.transfers) == (FILES_APID, ())
    flight.down(hears=lambda number: number < 3)
    flight.up()
    assert [record.received_octets for record in flight.files.transfers] == [
        flight.told(TransferRecord)[-1].received_octets
    ]
    flight.node.step(0)
    for _ in range(4):
        flight.now_ns += SECOND
        flight.down()
        flight.up()
    assert flight.store.files == {"one.bin": CONTENT}
    (file,) = flight.told(FileRecord)
    assert (file.name, file.size_octets, file.begun_ns) == ("one.bin", len(CONTENT), UTC_NS)
    assert flight.files.transfers[-1] == flight.told(TransferRecord)[-1]
    assert flight.files.transfers[-1].condition == "complete"
    assert flight.log.keeper.archive.files() == [file]
    assert flight.log.strays == {}


def test_its_packets_are_requests_with_numbers_of_their_own(flight):
    flight.files._count = COUNT_MODULUS - 2
    packets = []
    for _ in range(6):
        flight.down(hears=lambda number: number % 2 == 0)
        packets += flight.up()
        flight.now_ns += SECOND
    assert len(packets) >= 3
    assert {(packet.apid, packet.is_command) for packet in packets} == {(FILES_APID, True)}
    assert [packet.count for packet in packets][:3] == [COUNT_MODULUS - 2, COUNT_MODULUS - 1, 0]


def test_what_is_missing_is_asked_for_again_after_the_time_that_was_set(flight):
    flight.down(hears=lambda number: number != 2)
    assert flight.up()
    asked_ns = flight.now_ns
    assert flight.files.deadline_ns == asked_ns + 300_000_000
    flight.now_ns = flight.files.deadline_ns - 1
    assert flight.up() == []
    flight.now_ns += 1
    assert flight.up()


def test_no_timer_runs_while_the_link_is_lost(flight):
    flight.down(hears=lambda number: number != 2)
    flight.up()
    flight.files.freeze(flight.now)
    flight.now_ns += 1000 * SECOND
    assert flight.up() == []
    assert flight.files.transfers[-1].condition == ""
    flight.files.thaw(flight.now)
    assert flight.files.deadline_ns == flight.now_ns + 300_000_000
    flight.now_ns += SECOND
    assert flight.up()


def test_a_step_makes_no_more_packets_than_it_may(flight):
    class Talkative:
        stage, is_idle = (), False

        def step(self, now_ns):
            pass

        def pop_pdu(self, now_ns):
            return b"pdu"

        def drain_indications(self):
            return []

    flight.files._entity = Talkative()
    assert len(list(flight.files.packets(flight.now))) == PDUS_MAX == 64
    assert len(list(flight.files.packets(flight.now, 3))) == 3


@pytest.mark.parametrize(
    ("packet", "why"),
    [
        (SpacePacket(FILES_APID, 0, b"no PDU at all").encode(),
         "file data: damaged, for another entity, or of an unknown transaction"),
        (SpacePacket(FILES_APID, 0, b"x").encode()[:-1], "file data: 7 octets needed, 6 given"),
    ],
)  # fmt: skip
def test_what_is_no_file_data_is_kept_and_reported(flight, packet, why):
    flight.files.accept(packet, flight.now)
    flight.up()
    (stray,) = flight.log.keeper.archive.strays()
    assert (stray.octets, stray.received_ns) == (packet, UTC_NS)
    assert stray.reason == why
    assert flight.log.strays == {"file data": 1}


def test_each_loss_has_its_counter(flight):
    flight.files._entity.answers_dropped, flight.files._entity.indications_dropped = 3, 4
    flight.files._transfers.forgotten = 5
    flight.files.unkept = 6
    assert flight.files.dropped == {
        "answers to file data": 3, "file indications": 4, "transfers forgotten": 5,
        "transfers that the disk did not keep": 6,
    }  # fmt: skip
