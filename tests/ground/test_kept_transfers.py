"""Transfers that outlive the service: what is saved, what goes on, and what is refused."""

import pytest

from ground.archive.archive import Archive
from ground.archive.keeper import Keeper
from ground.errors import BusyError
from ground.station.duties import Duties
from ground.station.file_service import FileService, OpenTransfers
from ground.station.logbook import Logbook
from ground.station.transfer_file import TransferFile
from hal.clock import Moment
from kernels.coding.crc import crc32c
from link.cfdp import Entity, KeptReceiving, KeptSending, MemoryStore, Settings
from link.packets.space_packet import SpacePacket
from tests.ground.example_dictionary import NODE_ENTITY, SECOND, UTC_NS
from tests.ground.station.test_file_service import CONTENT, PARTNERS

SETTINGS = Settings(pdu_octets_max=128, ack_ms=700, nak_ms=300)


class Office:
    """A service that is started again and again, and a node."""

    def __init__(self, folder):
        self.shelf, self.store, self.now_ns = TransferFile(folder / "kept"), MemoryStore(a=CONTENT), 0
        self.node_store = MemoryStore()
        self.node = Entity(NODE_ENTITY, self.node_store, SETTINGS)
        self.start()

    @property
    def now(self):
        return Moment(self.now_ns, UTC_NS + self.now_ns)

    def start(self):
        self.log = Logbook(Keeper(Archive()), Duties())
        self.files = FileService(PARTNERS, self.store, SETTINGS, self.log, self.now, self.shelf)

    def pass_on(self, seconds, room=64):
        moved = 0
        for _ in range(seconds):
            for octets in list(self.files.packets(self.now, room)):
                self.node.accept(SpacePacket.decode(octets).data, self.now_ns)
                moved += len(octets)
            while pdu := self.node.pop_pdu(self.now_ns):
                self.files.accept(SpacePacket(PARTNERS.apid, 0, pdu).encode(), self.now)
            self.now_ns += SECOND
        return moved


@pytest.fixture
def office(tmp_path):
    return Office(tmp_path)


def test_a_file_goes_up_through_a_restart_and_its_record_says_so(office):
    record = office.files.send("a", "files/a", office.now)
    assert (record.name, record.size_octets, record.direction, record.condition) == ("files/a", 1024, "up", "")
    office.pass_on(2, room=3)
    office.pass_on(1, room=0)  # what was sent is kept once a second
    office.start()
    assert office.files.transfers[-1].name == "files/a"
    assert office.pass_on(20) < len(CONTENT)
    assert office.node_store.files == {"files/a": CONTENT}
    assert (office.files.transfers[-1].condition, office.files.transfers[-1].received_octets) == ("complete", 1024)
    office.start()
    assert office.files.transfers == ()
    assert office.shelf.load() == OpenTransfers()


def test_what_cannot_be_sent_is_refused(office):
    with pytest.raises(ValueError, match="b: no file 'b'"):
        office.files.send("b", "files/b", office.now)
    with pytest.raises(ValueError, match="metadata of"):
        office.files.send("a", "files/" + "b" * 200, office.now)
    for number in range(64):
        office.files.send("a", f"files/{number}", office.now)
    with pytest.raises(BusyError, match="not sent: 64 transactions are open already"):
        office.files.send("a", "files/a", office.now)


def test_what_is_not_as_it_was_does_not_go_on_and_is_counted(office):
    office.files.send("a", "files/a", office.now)
    office.pass_on(2, room=3)
    office.store.files["a"] = bytes(1024)
    office.start()
    assert office.files.unkept == 1
    assert office.files.dropped["transfers that the disk did not keep"] == 1


def test_a_disk_that_keeps_nothing_is_tried_again(office):
    def fail(transfers):
        raise OSError("full")

    office.shelf.save, save = fail, office.shelf.save
    office.files.send("a", "files/a", office.now)
    assert office.files.unkept == 1
    office.shelf.save = save
    office.pass_on(2, room=1)
    assert office.shelf.load().sending


def test_a_transfer_file_is_whole_or_set_aside(tmp_path):
    shelf = TransferFile(tmp_path / "kept")
    assert shelf.load() == OpenTransfers()
    kept = OpenTransfers((KeptSending(b"m", 1, 2),), (KeptReceiving(b"h", received=((0, 5),)),))
    shelf.save(kept)
    assert TransferFile(tmp_path / "kept").load() == kept
    octets = (tmp_path / "kept").read_bytes()
    strange = b"\x01"
    for number, damaged in enumerate((octets[:-1], b"", crc32c(strange).to_bytes(4) + strange), 1):
        (tmp_path / "kept").write_bytes(damaged)
        assert shelf.load() == OpenTransfers()
        assert (tmp_path / f"kept.{number}").read_bytes() == damaged
    assert not (tmp_path / "kept").exists()
