"""What waits is sent until the ground has it; what cannot be read is given up and told."""

import pytest

from fsw.apps.files import Files, ProductDelivered, ProductFiles, ProductState, TransferFailed
from fsw.products import ProductStore, Provenance
from hal.sim.clock import EPOCH_UTC_NS, VirtualClock
from link.cfdp import Entity, MemoryStore, Settings
from link.managed import Managed, TmChannel
from link.space_packet import SpacePacket
from link.tm_receiver import TmReceiver
from link.tm_sender import TmSender

MANAGED = Managed(
    spacecraft_id=1,
    tm_frame_octets=446,
    interleave=2,
    tm_channels=(TmChannel(name="files", vc=1, queue_packets=2),),
)
PROVENANCE = Provenance(
    target="coast",
    raw_octets=737_088,
    input_sha256="ab" * 32,
    capture_utc_ns=EPOCH_UTC_NS,
    compute_start_utc_ns=EPOCH_UTC_NS + 2,
    compute_end_utc_ns=EPOCH_UTC_NS + 3,
    joules=0.5,
    joules_source="measured",
)
SECOND = 1_000_000_000
IMPATIENT = Settings(ack_ms=1000, ack_limit=3, pdu_octets_max=200)


class Desk:
    """The app, and a ground that hears each frame while `listens`."""

    def __init__(self, folder):
        self.clock, self.store = VirtualClock(), ProductStore(folder, 100_000)
        self.sender, self.receiver = TmSender(MANAGED), TmReceiver(MANAGED)
        self.app = Files(
            clock=self.clock,
            store=self.store,
            entity=Entity(1, ProductFiles(self.store), IMPATIENT),
            ground_entity=2,
            sender=self.sender,
            channel="files",
            apid=2045,
        )
        self.ground, self.files, self.listens = None, MemoryStore(), True
        self.ground = Entity(2, self.files, IMPATIENT)

    def add(self, content=b"answer" * 100, priority=0):
        number = self.store.allot_id()
        return self.store.add(number, f"{number}.product", content, PROVENANCE, priority=priority)

    def run(self, seconds):
        """One frame each 50 ms; returns what the app told."""
        told = []
        for _ in range(20 * seconds):
            told += self.app.fill()
            packets = self.receiver.feed(self.sender.next_frame()) if self.sender.waiting else []
            for _, packet in packets if self.listens else []:
                self.ground.on_pdu(SpacePacket.decode(packet).data, self.clock.monotonic_ns())
            while self.listens and (pdu := self.ground.next_pdu(self.clock.monotonic_ns())):
                self.app.receive(SpacePacket(2045, 0, pdu, is_command=True).encode())
            self.clock.advance(SECOND // 20)
        return told

    def status(self):
        return list(self.app.step(self.clock.monotonic_ns()))


@pytest.fixture
def desk(tmp_path):
    return Desk(tmp_path)


def test_products_go_down_in_order_and_are_told_of(desk):
    products = [desk.add(bytes([number]) * 1000) for number in range(6)]
    told = desk.run(5)
    assert told == [ProductDelivered(product=product.id, name=product.name) for product in products]
    assert list(desk.files.files) == [product.name for product in products]
    assert desk.store.waiting() == []


def test_status_follows_a_product(desk):
    desk.listens = False
    assert desk.status() == []
    desk.add()
    assert [status.state for status in desk.status()] == [ProductState.QUEUED]
    desk.clock.advance(SECOND)
    list(desk.app.fill())
    (sending,) = desk.status()
    assert (sending.state, sending.first_pdu) == (ProductState.SENDING, EPOCH_UTC_NS + SECOND)
    assert (sending.capture, sending.raw_octets, sending.power_source.name) == (EPOCH_UTC_NS, 737_088, "MEASURED")
    desk.listens = True
    desk.run(5)
    (delivered,) = desk.status()
    assert (delivered.state, delivered.first_pdu) == (ProductState.DELIVERED, sending.first_pdu)


def test_what_waits_behind_others_is_queued(desk):
    for _ in range(6):
        desk.add()
    list(desk.app.fill())
    assert [status.state for status in desk.status()] == [ProductState.SENDING, *[ProductState.QUEUED] * 3]


def test_a_transfer_that_failed_begins_again(desk):
    desk.listens = False
    product = desk.add()
    told = desk.run(10)
    assert TransferFailed(product=product.id, condition="positive_ack_limit") in told
    desk.listens = True
    assert ProductDelivered(product=product.id, name=product.name) in desk.run(10)
    assert desk.files.files == {product.name: b"answer" * 100}


def test_an_unreadable_product_is_given_up_and_the_next_one_goes(desk, tmp_path):
    lost, kept = desk.add(), desk.add(b"other")
    (tmp_path / f"{lost.id:08d}").unlink()
    told = desk.run(5)
    assert told[0] == TransferFailed(product=lost.id, condition="unreadable (No such file or directory)")
    assert list(desk.files.files) == [kept.name]
    assert (desk.store.damaged, desk.store.waiting()) == (1, [])


def test_garbage_from_the_ground_is_counted(desk):
    desk.app.receive(b"\x07\xfd")
    desk.app.receive(SpacePacket(2045, 0, b"no pdu", is_command=True).encode())
    assert (desk.app.bad_pdus, desk.app.entity.undecodable) == (1, 1)


def test_nothing_is_taken_up(desk):
    desk.files.files["patch"] = b"code"
    desk.ground.put("patch", "patch", 1)
    desk.run(5)
    assert [path.name for path in desk.store.folder.iterdir()] == ["journal"]
    assert desk.ground.transactions == ()


def test_what_is_held_goes_by_its_priority_once_it_is_released(desk):
    desk.app.hold()
    first, second, third = (desk.add(bytes(500), priority=priority) for priority in (1, 9, 5))
    assert (desk.run(3), desk.files.files) == ([], {})
    desk.app.release()
    told = [event.product for event in desk.run(5) if isinstance(event, ProductDelivered)]
    assert told == [second.id, third.id, first.id]


def test_a_transfer_that_is_held_goes_on_where_it_was(desk):
    product = desk.add(bytes(40_000))
    desk.run(1)
    desk.app.hold()
    assert (desk.run(30), desk.files.files) == ([], {})  # no timer has run out meanwhile
    desk.app.release()
    assert ProductDelivered(product=product.id, name=product.name) in desk.run(5)


def test_an_alert_waits_for_one_file_at_most(desk):
    tiles = [desk.add(bytes(20_000), priority=5) for _ in range(3)]
    desk.run(1)
    alert = desk.add(b"flood", priority=100)
    told = [event.product for event in desk.run(20) if isinstance(event, ProductDelivered)]
    assert told == [tiles[0].id, alert.id, tiles[1].id, tiles[2].id]
