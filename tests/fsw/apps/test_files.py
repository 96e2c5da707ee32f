"""What waits is sent until the ground has it; what cannot be read is given up and reported."""

import dataclasses
from collections import Counter

import pytest

from fsw.apps.files import (
    Files,
    FilesStatus,
    ProductDelivered,
    ProductDropped,
    ProductListed,
    ProductSetAside,
    ProductsListed,
    ProductState,
    ProductStatus,
    SetAsidePurged,
    StoreTrouble,
    TransferFailed,
)
from fsw.apps.power import PowerSource
from fsw.apps.retries import Retries
from fsw.executive.app import CommandError
from fsw.executive.bus import Bus
from fsw.files.exchange import FileExchange
from fsw.files.management import FileManagement
from fsw.files.roots import Root, Roots
from fsw.files.transfer_memory import TransferMemory
from fsw.files.transfer_store import TransferStore
from fsw.files.workshop import Workshop
from fsw.store.outbox import FileOutbox
from fsw.store.products import ProductStore, Provenance, StoreNotice
from fsw.store.records import Records
from hal.medium import HOST
from hal.sim.clock import EPOCH_UTC_NS, VirtualClock
from link.cfdp import Entity, MemoryStore, Settings
from link.cfdp.filestore import MemoryWriter
from link.channels.tm_receiver import TmReceiver
from link.channels.tm_sender import TmSender
from link.managed import Managed, TmChannel
from link.packets.space_packet import SpacePacket
from link.pus.services.verification import FailureCode
from link.pus.source import FreshNumbers

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


class Strict(MemoryStore):
    """A ground that rejects each file whose name contains `refused`; `kept` is every file in order."""

    def __init__(self):
        super().__init__()
        self.refused, self.tried, self.kept = None, 0, []

    def create(self):
        return StrictWriter(self)


class StrictWriter(MemoryWriter):
    def keep(self, name):
        self._store.tried += 1
        if self._store.refused is not None and self._store.refused in name:
            raise OSError("disk full")
        super().keep(name)
        self._store.kept.append((name, self._store.files[name]))


class Desk:
    """The app, and a ground that hears each frame while `listens`."""

    def __init__(self, folder):
        self.clock, self.store = VirtualClock(), ProductStore(folder, 100_000)
        self.sender, self.receiver = TmSender(MANAGED), TmReceiver(MANAGED)
        records = Records(folder / "memory", HOST)
        roots = Roots([Root("files", folder / "files", 10_000, 100)], HOST)
        management = FileManagement(self.clock, Bus(), records, roots, Workshop(folder / "transfers", HOST, 10_000))
        files = TransferStore(FileOutbox(self.store), roots, management.marks, management.workshop)
        entity = Entity(1, files, IMPATIENT, received_max=16)
        self.app = Files(
            clock=self.clock,
            store=self.store,
            entity=entity,
            exchange=FileExchange(entity, management.roots, files, 2),
            memory=TransferMemory(records),
            ground_entity=2,
            sender=self.sender,
            channel="files",
            apid=2045,
            numbers=FreshNumbers(),
        )
        self.files, self.listens = Strict(), True
        self.ground = Entity(2, self.files, IMPATIENT)

    def add(self, content=b"answer" * 100, priority=0, name=None):
        number = self.store.allot_id()
        return self.store.add(number, name or f"{number}.product", content, PROVENANCE, priority=priority)

    def run(self, seconds):
        """One frame each 50 ms; returns what the app reported."""
        told = []
        for _ in range(20 * seconds):
            told += self.app.fill()
            packets = self.receiver.feed(self.sender.next_frame()) if self.sender.waiting else []
            for _, packet in packets if self.listens else []:
                self.ground.accept(SpacePacket.decode(packet).data, self.clock.monotonic_ns())
            while self.listens and (pdu := self.ground.pop_pdu(self.clock.monotonic_ns())):
                self.app.accept(SpacePacket(2045, 0, pdu, is_command=True).encode())
            self.clock.advance(SECOND // 20)
        return told

    def reports(self):
        return list(self.app.step(self.clock.monotonic_ns()))

    def status(self):
        return [report for report in self.reports() if isinstance(report, ProductStatus)]

    def files_status(self):
        """The state of the store, which is reported after ten steps at the latest."""
        steps = (self.reports() for _ in range(10))
        return next(report for reports in steps for report in reports if isinstance(report, FilesStatus))

    def path(self, product):
        return self.store.folder / "kept" / f"{product.id:08d}.product"


@pytest.fixture
def desk(tmp_path):
    return Desk(tmp_path)


@pytest.mark.requirement("FSW-FIL-001")
def test_products_go_down_in_order_and_are_told_of(desk):
    products = [desk.add(bytes([number]) * 1000) for number in range(6)]
    told = desk.run(5)
    assert told == [ProductDelivered(product=product.id, name=product.name) for product in products]
    assert list(desk.files.files) == [product.name for product in products]
    assert desk.store.waiting() == []


def test_packets_are_counted_anew_after_the_last_number(desk):
    desk.app.numbers = FreshNumbers(Counter({"2045": 16_383}))
    product = desk.add()
    assert desk.run(3) == [ProductDelivered(product=product.id, name=product.name)]


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


def test_a_product_is_sent_at_a_time_of_0_too(desk):
    """What a board shows whose clock was never set, where that is before 1970."""
    desk.app.clock = VirtualClock(utc_ns=0)
    desk.listens = False
    desk.add()
    list(desk.app.fill())
    desk.app.clock.advance(SECOND)
    list(desk.app.fill())
    assert [(sending.state, sending.first_pdu) for sending in desk.status()] == [(ProductState.SENDING, 0)]


def test_what_waits_behind_others_is_queued(desk):
    for _ in range(6):
        desk.add()
    list(desk.app.fill())
    assert [status.state for status in desk.status()] == [ProductState.SENDING, *[ProductState.QUEUED] * 3]


def test_no_more_than_four_are_told_of(desk):
    desk.listens = False
    for _ in range(6):
        desk.add(b"1")
    while len(desk.app.entity.transactions) < 4:
        assert [status.product for status in desk.status()] == [1, 2, 3, 4]
        list(desk.app.fill())
        while desk.sender.waiting:
            desk.sender.next_frame()
    assert [status.product for status in desk.status()] == [1, 2, 3, 4]


@pytest.mark.requirement("FSW-FIL-004")
def test_a_transfer_that_failed_begins_again(desk):
    desk.listens = False
    product = desk.add()
    told = desk.run(10)
    assert TransferFailed(product=product.id, condition="positive_ack_limit") in told
    desk.listens = True
    assert ProductDelivered(product=product.id, name=product.name) in desk.run(10)
    assert desk.files.files == {product.name: b"answer" * 100}
    assert desk.app._retries == Retries()


def test_a_rest_has_an_end_for_which_the_loop_wakes_unless_files_are_held(desk):
    desk.add()
    desk.store.content = failing
    list(desk.app.fill())
    assert desk.app.deadline_ns == 2 * SECOND
    desk.app.hold()
    assert desk.app.deadline_ns is None


def test_four_transfers_at_most_are_under_way(desk):
    desk.listens = False
    for _ in range(6):
        desk.add(b"1")
    desk.run(1)
    assert len(desk.app.entity.transactions) == 4


def test_a_product_that_is_gone_is_given_up_and_the_next_one_goes(desk):
    lost, kept = desk.add(), desk.add(b"other")
    desk.path(lost).unlink()
    told = desk.run(5)
    assert told[0] == ProductSetAside(product=lost.id, name=lost.name, reason="No such file or directory")
    assert list(desk.files.files) == [kept.name]
    assert (desk.store.damaged, desk.store.waiting()) == (1, [])


def test_garbage_from_the_ground_is_counted(desk):
    desk.app.accept(b"\x07\xfd")
    desk.app.accept(SpacePacket(2045, 0, b"no pdu", is_command=True).encode())
    assert (desk.app.bad_pdus, desk.app.entity.undecodable) == (1, 1)
    assert desk.files_status().pdus_undecodable == 2


def test_whatever_found_no_room_is_reported(desk):
    desk.store.notices_dropped, desk.app.entity.answers_dropped, desk.app.entity.indications_dropped = 1, 2, 4
    assert desk.files_status().dropped == 7


def test_counters_stay_at_their_end(desk):
    store, entity = desk.store, desk.app.entity
    desk.app.transfers_failed = desk.app.bad_pdus = store.damaged = store.mended = store.disk_failures = 70_000
    store.notices_dropped = entity.refused = 70_000
    store.aside_octets = 1 << 33
    desk.app._retries._until_ns = dict.fromkeys(range(70_000), 9 * SECOND)
    status = desk.files_status()
    assert status.aside_octets == 0xFFFFFFFF
    assert {value for name, value in vars_of(status).items() if name != "aside_octets"} == {0xFFFF}
    assert FilesStatus.decode(status.encode()) == status


def test_the_store_is_reported_when_it_changes_and_else_now_and_then(desk):
    assert [len(desk.reports()) for _ in range(11)] == [1, *[0] * 9, 1]
    desk.store.damaged += 1
    assert [report.products_damaged for report in desk.reports()] == [1]
    assert desk.reports() == []


def vars_of(report):
    return {field.name: getattr(report, field.name) for field in dataclasses.fields(report)}


def test_each_counter_is_told_as_itself(desk):
    store, entity, app = desk.store, desk.app.entity, desk.app
    app.transfers_failed, app.bad_pdus, entity.undecodable, entity.refused = 1, 20, 4, 6
    store.damaged, store.mended, store.aside_octets, store.disk_failures = 2, 3, 70_000, 5
    app._retries.failed(9, desk.clock.monotonic_ns())
    assert desk.files_status() == FilesStatus(
        resting=1,
        transfers_failed=1,
        products_damaged=2,
        copies_mended=3,
        aside_octets=70_000,
        disk_failures=5,
        pdus_undecodable=24,
        pdus_refused=6,
        dropped=0,
    )


def test_status_tells_all_that_is_known_of_a_product(desk):
    product = desk.add(b"answer", name="n" * 81)
    (status,) = desk.status()
    assert status == ProductStatus(
        product=product.id,
        name="n" * 77 + "...",
        state=ProductState.QUEUED,
        octets=6,
        raw_octets=737_088,
        capture=EPOCH_UTC_NS,
        compute_start=EPOCH_UTC_NS + 2,
        compute_end=EPOCH_UTC_NS + 3,
        first_pdu=0,
        joules=0.5,
        power_source=PowerSource.MEASURED,
        input_sha256=b"\xab" * 32,
    )
    desk.store.drop(product.id)
    desk.add(name="n" * 80)
    assert [status.name for status in desk.status()] == ["n" * 80]


def test_nothing_is_taken_up(desk):
    desk.files.files["patch"] = b"code"
    desk.ground.put("patch", "patch", 1)
    desk.run(5)
    assert desk.store.products() == []
    assert desk.ground.transactions == ()


@pytest.mark.requirement("FSW-FIL-001")
def test_what_is_held_goes_by_its_priority_once_it_is_released(desk):
    desk.app.hold()
    first, second, third = (desk.add(bytes(500), priority=priority) for priority in (1, 9, 5))
    assert (desk.run(3), desk.files.files) == ([], {})
    desk.app.release()
    told = [event.product for event in desk.run(5) if isinstance(event, ProductDelivered)]
    assert told == [second.id, third.id, first.id]


@pytest.mark.requirement("FSW-FIL-003")
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


def test_what_the_ground_rejects_rests_longer_each_time(desk):
    """Before, it was sent ten times a second for ever."""
    desk.files.refused = "1."
    rejected, other = desk.add(priority=9), desk.add()
    told = desk.run(3)
    assert desk.app.deadline_ns > desk.clock.monotonic_ns()
    told += desk.run(117)
    assert 3 <= desk.files.tried - 1 <= 7
    assert told.count(TransferFailed(product=rejected.id, condition="filestore_rejection")) == desk.files.tried - 1
    assert list(desk.files.files) == [other.name]
    assert (desk.files_status().resting, desk.files_status().transfers_failed) == (1, desk.files.tried - 1)
    desk.files.refused = None
    desk.app.release()
    assert ProductDelivered(product=rejected.id, name=rejected.name) in desk.run(2)
    assert desk.app.deadline_ns is None


def test_a_product_that_no_pdu_can_name_is_set_aside_and_the_next_one_goes(desk, tmp_path):
    long, fine = desk.add(name="s" * 210), desk.add()
    told = desk.run(3)
    (aside,) = [event for event in told if isinstance(event, ProductSetAside)]
    assert (aside.product, aside.name, "a PDU holds up to 200" in aside.reason) == (long.id, "s" * 77 + "...", True)
    assert ProductDelivered(product=fine.id, name=fine.name) in told
    assert (desk.files_status().aside_octets > 600, desk.files_status().products_damaged) == (True, 1)
    assert Desk(tmp_path).run(3) == []


@pytest.mark.requirement("FSW-RES-010")
def test_content_that_rotted_is_never_delivered(desk):
    product = desk.add(b"answer")
    desk.path(product).write_bytes(desk.path(product).read_bytes().replace(b"answer", b"anzwer"))
    assert [type(event) for event in desk.run(3)] == [ProductSetAside]
    assert (desk.files.files, desk.store.damaged) == ({}, 1)


def test_content_that_changes_in_memory_is_never_delivered(desk):
    product = desk.add(bytes(10_000))
    list(desk.app.fill())
    (machine,) = desk.app.entity._open.values()
    machine._reader._content = b"1" + machine._reader._content[1:]
    told = desk.run(10)
    assert told[0] == TransferFailed(product=product.id, condition="filestore_rejection")
    assert desk.files.kept == [(product.name, bytes(10_000))]  # read from the disk once more


def test_a_disk_that_does_not_answer_is_asked_again(desk):
    product = desk.add()
    content, desk.store.content = desk.store.content, failing
    assert desk.run(1) == [TransferFailed(product=product.id, condition="unreadable (device)")]
    desk.store.content = content
    assert desk.run(5) == [ProductDelivered(product=product.id, name=product.name)]


def failing(*_):
    raise OSError(5, "device")


def test_two_products_of_one_name_both_go_down(desk):
    for content in (b"first", b"second"):
        desk.add(content, name="one.txt")
    assert len(desk.run(3)) == 2
    assert desk.files.kept == [("one.txt", b"first"), ("one.txt", b"second")]


@pytest.mark.requirement("FSW-FIL-005")
def test_what_others_send_is_refused_and_counted_and_everything_else_goes_on(desk):
    """Eighty transactions whose sender never hears an answer."""
    stranger = Entity(2, MemoryStore(f=b"x"), IMPATIENT, first_sequence=500, transactions_max=200)
    for _ in range(80):
        stranger.put("f", "f", 1)
    while pdu := stranger.pop_pdu(0):
        desk.app.accept(SpacePacket(2045, 0, pdu, is_command=True).encode())
    product = desk.add()
    told = desk.run(3)
    assert ProductDelivered(product=product.id, name=product.name) in told
    assert desk.files_status().pdus_refused > 100
    desk.run(10)
    assert desk.app.entity.transactions == ()


def test_a_board_that_lost_its_memory_delivers_at_once(desk, tmp_path):
    """Its transaction has a number that the ground remembers: what it says otherwise begins a new one."""
    desk.add(b"of the first life")
    desk.run(3)
    flashed = Desk(tmp_path / "new")
    flashed.ground, flashed.files = desk.ground, desk.files
    product = flashed.add(b"of the second life", name="new")
    assert flashed.run(3) == [ProductDelivered(product=product.id, name="new")]
    assert desk.files.kept[-1] == ("new", b"of the second life")


def test_products_are_listed_page_by_page(desk):
    desk.files.refused = "rejected"
    states = [desk.add(name=name) for name in ("sent", "rejected")] and [ProductState.DELIVERED, ProductState.RESTING]
    desk.run(3)
    for _ in range(20):
        desk.add()
    list(desk.app.fill())
    *page, end = desk.app.list_products(first=1)
    assert [listed.product for listed in page] == list(range(1, 17))
    assert [listed.state for listed in page] == [*states, ProductState.SENDING, *[ProductState.QUEUED] * 13]
    assert end == ProductsListed(listed=16, following=17)
    *page, end = desk.app.list_products(first=6)
    assert (len(page), end) == (16, ProductsListed(listed=16, following=22))
    *page, end = desk.app.list_products(first=17)
    assert (len(page), end) == (6, ProductsListed(listed=6, following=0))


def test_a_list_says_what_each_product_is(desk):
    desk.app.hold()
    low, high, long = desk.add(b"1", -(1 << 40)), desk.add(b"22", 1 << 40), desk.add(b"333", 5, "n" * 81)
    *page, end = desk.app.list_products(first=low.id)
    queued = {"state": ProductState.QUEUED, "capture": EPOCH_UTC_NS}
    assert page == [
        ProductListed(product=low.id, name=low.name, octets=1, priority=-(1 << 31), **queued),
        ProductListed(product=high.id, name=high.name, octets=2, priority=(1 << 31) - 1, **queued),
        ProductListed(product=long.id, name="n" * 77 + "...", octets=3, priority=5, **queued),
    ]
    assert [ProductListed.decode(one.encode()) for one in page] == page
    assert end == ProductsListed(listed=3, following=0)


@pytest.mark.parametrize("act", ["drop", "purge"])
def test_what_the_disk_does_not_delete_is_reported(desk, act):
    product = desk.add()
    setattr(desk.store, act, failing)
    with pytest.raises(CommandError, match=r"^device$") as refused:
        list(desk.app.drop_product(product.id) if act == "drop" else desk.app.purge_set_aside())
    assert refused.value.code is FailureCode.EXECUTION_FAILED
    assert desk.store.waiting() == [product]
    assert desk.run(3) == [ProductDelivered(product=product.id, name=product.name)]


def test_what_is_told_of_the_store_is_cut_to_its_room(desk):
    desk.store._report(StoreNotice(0, "", "d" * 101))
    desk.store._report(StoreNotice(7, "n" * 81, "r" * 101))
    assert desk.reports()[:2] == [
        StoreTrouble(reason="d" * 100),
        ProductSetAside(product=7, name="n" * 77 + "...", reason="r" * 100),
    ]


def test_a_product_is_dropped_whatever_its_state(desk):
    desk.files.refused = "1."
    rejected, long = desk.add(), desk.add(bytes(60_000))
    desk.run(2)
    for product in (rejected, long):
        (told,) = desk.app.drop_product(product.id)
        assert told == ProductDropped(product=product.id, name=product.name)
        assert not desk.path(product).exists()
    assert (desk.run(10), desk.store.products(), desk.app.entity.transactions) == ([], [], ())
    assert (desk.files.files, desk.app._retries) == ({}, Retries())
    with pytest.raises(ValueError, match="product 7 is not in the store"):
        list(desk.app.drop_product(7))


def test_what_was_set_aside_is_purged(desk):
    desk.add(name="s" * 210)
    desk.run(1)
    (told,) = desk.app.purge_set_aside()
    assert (told, desk.files_status().aside_octets) == (SetAsidePurged(files=1), 0)
    assert desk.store.octets == 0
