"""Files of roots on their way: what is refused and why, what a record has room for, and what becomes of each."""

import msgspec
import pytest

from fsw.files.exchange import FileExchange, FileRefused, FileSent, FileUnreceived, FileUnsent
from fsw.files.marks import FileMark
from fsw.files.transfer_memory import RANGES_MAX, TRANSFERS_MAX, WANTED_MAX, KeptTransfers, TransferMemory
from fsw.files.transfer_store import REFUSALS_MAX, FileRefusal, TransferStore
from fsw.store.outbox import FileOutbox
from fsw.store.products import ProductStore
from link.cfdp import Abandoned, ConditionCode, Entity, KeptReceiving, KeptSending, MetadataReceived, TransactionId
from link.pus.services.verification import RefusedError
from tests.fsw.files.managed import STATE, Managed
from tests.hal.recording_medium import only_reads

CONTENT = bytes(range(200))


class Exchanging(Managed):
    """File management with a CFDP entity beside it."""

    def __init__(self):
        super().__init__()
        outbox = FileOutbox(ProductStore(STATE / "products", 1000, self.medium))
        self.store = TransferStore(outbox, self.roots, self.app.marks, self.workshop)
        self.entity = Entity(1, self.store, transactions_max=3)
        self.exchange = FileExchange(self.entity, self.roots, self.store, 2)


@pytest.fixture
def one():
    made = Exchanging()
    made.put("files/a", CONTENT)
    return made


def test_a_file_that_is_open_is_in_use_until_it_is_closed(one):
    reader = one.store.open("files/a")
    assert (reader.size, reader.read(10, 3)) == (200, CONTENT[10:13])
    assert one.app.marks.is_locked(one.roots.place("files/a"))
    for _ in range(2):
        reader.close()
    assert not one.app.marks.is_locked(one.roots.place("files/a"))
    for name in ("files/b", "memory/a", "7"):
        with pytest.raises(OSError, match=r"no (file|root|product)"):
            one.store.open(name)


def test_a_part_gets_its_name_or_goes(one):
    part = one.store.create()
    part.write(3, b"def")
    part.write(0, b"abc")
    part.sync()
    again = one.store.reopen(part.token)
    assert again.read(1, 3) == b"bcd"
    again.keep("files/b")
    assert one.read("files/b") == b"abcdef"
    other = one.store.create()
    one.medium.fail = only_reads(5)
    other.discard()
    one.medium.fail = lambda call, path: None
    assert one.workshop.octets == 0


def test_a_file_that_is_longer_than_its_limit_is_not_received(one):
    one.app.marks.put(one.roots.place("files/a"), FileMark(octets_max=10))
    one.store.admit("files/a", 10)
    with pytest.raises(PermissionError, match="files/a may hold 10 octets, not 11"):
        one.store.admit("files/a", 11)


@pytest.mark.parametrize(("characters", "told"), [(100, "a" * 100), (101, "a" * 97 + "...")])
def test_names_in_reports_have_a_hundred_characters_at_most(one, characters, told):
    one.store.refusals.append(FileRefusal("a" * characters, "too long"))
    assert [event.name for event in one.exchange.drain_refusals()] == [told]


def test_why_a_file_is_refused_is_told_and_bounded(one):
    one.app.marks.lock(one.roots.place("files/a"), is_locked=True)
    for _ in range(REFUSALS_MAX + 2):
        with pytest.raises(PermissionError, match="files/a is locked"):
            one.store.admit("files/a", 1)
    with pytest.raises(PermissionError):
        one.store.admit("files", 1)
    told = list(one.exchange.drain_refusals())
    assert told == [FileRefused(name="files/a", reason="files/a is locked")] * REFUSALS_MAX
    assert one.store.refusals_dropped == 3
    assert list(one.exchange.drain_refusals()) == []


def test_a_disk_that_fails_is_the_reason_of_a_refusal(one):
    def fail(call, path):
        if call == "names":
            raise OSError(5, "Input/output error")

    one.medium.fail = fail
    with pytest.raises(OSError, match="Input/output error"):
        one.store.admit("files/b", 1)
    assert [refusal.reason for refusal in one.store.drain_refusals()] == ["Input/output error"]


def test_what_is_asked_for_waits_once_and_not_without_bound(one):
    one.exchange.ask("files/a")
    with pytest.raises(RefusedError, match="files/a is on its way already"):
        one.exchange.ask("files/a")
    assert one.exchange.begin() is None
    with pytest.raises(RefusedError, match="files/a is on its way already"):
        one.exchange.ask("files/a")
    one.exchange.wanted = [f"files/{number}" for number in range(WANTED_MAX)]
    one.put("files/b")
    with pytest.raises(RefusedError, match="16 files wait to be sent"):
        one.exchange.ask("files/b")


def test_what_cannot_be_sent_is_told(one):
    one.exchange.wanted = ["files/gone"]
    assert one.exchange.begin() == FileUnsent(name="files/gone", condition="no file files/gone")
    one.exchange.wanted = ["files/a"] * 4
    assert [one.exchange.begin() for _ in range(3)] == [None] * 3
    assert one.exchange.begin().condition == "3 transactions are open already"


def test_what_becomes_of_transfers(one):
    one.exchange.adopt(TransactionId(1, 5), "files/a")
    assert one.exchange.sending == 1
    abandoned = Abandoned(TransactionId(1, 5), ConditionCode.INACTIVITY, 0)
    assert list(one.exchange.accept(abandoned)) == [FileUnsent(name="files/a", condition="inactivity")]
    assert list(one.exchange.accept(abandoned)) == []
    name = "files/" + "\udce9" * 40
    list(one.exchange.accept(MetadataReceived(TransactionId(2, 1), "1", name, 9, ())))
    (said,) = one.exchange.accept(Abandoned(TransactionId(2, 1), ConditionCode.CANCELLED, 0))
    assert isinstance(said, FileUnreceived)
    assert len(said.name) == 100
    said.encode()
    assert FileSent(name="a").encode()


def test_what_is_too_long_for_the_record_is_left_out_and_counted(one):
    memory = TransferMemory(one.records)
    short, long = KeptSending(b"m", 1, 2), KeptReceiving(b"h", metadata=bytes(5000))
    memory.store([short, long, *[short] * TRANSFERS_MAX], ["files/a"])
    assert memory.value == KeptTransfers((short,) * TRANSFERS_MAX, (), ("files/a",))
    assert memory.left_out == 2
    widest = KeptReceiving(bytes(300), bytes(600), bytes(30), bytes(60), "9" * 20, ((1 << 63, 1 << 63),) * RANGES_MAX)
    memory.store([widest] * TRANSFERS_MAX, ["a" * 200] * WANTED_MAX)
    assert memory.value.receiving == (widest,) * TRANSFERS_MAX
    one.boot()
    assert TransferMemory(one.records).value == memory.value
    assert len(msgspec.msgpack.encode(widest)) < 4096


def test_a_disk_that_keeps_nothing_of_transfers_is_counted(one):
    memory = TransferMemory(one.records)
    one.medium.fail = only_reads(28)
    memory.store([KeptSending(b"m", 1, 2)], [])
    assert one.records.opened["memory of transfers"].failed == 1
