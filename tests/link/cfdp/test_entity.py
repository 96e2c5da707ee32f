"""One entity, driven PDU by PDU: faults and their handlers, suspension, outages, duplicates, and what it refuses."""

from dataclasses import replace

import pytest

from link.cfdp import (
    Abandoned,
    ChecksumType,
    Condition,
    Delivery,
    Entity,
    EofReceived,
    Fault,
    FileStatus,
    Handler,
    MemoryStore,
    MetadataReceived,
    Progress,
    Resumed,
    Settings,
    Suspended,
    TransactionFinished,
    TransactionId,
)
from link.cfdp.codes import Directive, TransactionStatus
from link.cfdp.directives import Ack, Eof, Finished, KeepAlive, Metadata, Nak, Prompt
from link.cfdp.entity import ANSWERS_MAX, ENDED_MAX, INDICATIONS_MAX
from link.cfdp.header import Header
from link.cfdp.pdu import FileData, decode_pdu, encode_pdu
from link.cfdp.tlv import (
    NOT_PERFORMED,
    Action,
    FaultHandlerOverride,
    FilestoreRequest,
    FilestoreResponse,
    MessageToUser,
)
from link.errors import CapacityError

MS = 1_000_000
CONTENT = bytes(range(200)) * 2  # the segments of 100-octet PDUs hold 84 octets: five of them
US, PEER = 1, 2
ID = TransactionId(US, 0)
THEIRS = TransactionId(PEER, 7)
QUICK = {"pdu_octets_max": 100, "ack_ms": 10, "nak_ms": 10, "check_ms": 10, "inactivity_ms": 1_000, "ack_limit": 3,
         "nak_limit": 3, "check_limit": 3, "checksum": ChecksumType.MODULAR}  # fmt: skip
FINISHED = Finished(delivery=Delivery.COMPLETE, file_status=FileStatus.RETAINED)


class BrokenFile:
    """A file that cannot be read, written or kept, as told."""

    def __init__(self, inner, fails):
        self._inner, self._fails = inner, fails
        self.closed = False

    def __getattr__(self, name):
        return self._fail if name in self._fails else getattr(self._inner, name)

    def _fail(self, *_):
        raise OSError("disk")

    def close(self):
        self.closed = True


class Store(MemoryStore):
    """Breaks what `fails` names: open, create, read, write, keep; `discarded` counts."""

    def __init__(self, **files):
        super().__init__(**files)
        self.fails, self.opened = set(), []

    def open(self, name):
        self.opened.append(BrokenFile(super().open(name), self.fails))
        return self.opened[-1]

    def create(self):
        if "create" in self.fails:
            raise OSError("full")
        return BrokenFile(super().create(), self.fails)


class Bench:
    """Our entity 1 and whoever plays entity 2."""

    def __init__(self, **settings):
        self.store = Store(f=CONTENT)
        self.entity = Entity(US, self.store, Settings(**{**QUICK, **settings}))
        self.now_ns = 0
        self.header = Header(source=PEER, sequence=7, destination=US)

    def put(self, **options):
        return self.entity.put("f", "g", PEER, **options)

    def hear(self, *bodies, header=None):
        """PDUs for our sending end, unless `header` says otherwise."""
        header = header or Header(source=US, sequence=0, destination=PEER, toward_sender=True)
        for body in bodies:
            self.entity.on_pdu(encode_pdu(header, body), self.now_ns)

    def receive(self, *bodies, **fields):
        """PDUs of a file for us."""
        self.hear(*bodies, header=replace(self.header, **fields))

    def sent(self):
        """All that is to be sent now."""
        bodies = []
        while octets := self.entity.next_pdu(self.now_ns):
            bodies.append(decode_pdu(octets)[1])
        return bodies

    def wait(self, ms):
        self.now_ns += ms * MS
        return self.sent()

    def told(self):
        return [i for i in self.entity.take_indications() if not isinstance(i, Progress)]


def ack(directive, condition=Condition.NO_ERROR, status=TransactionStatus.ACTIVE):
    return Ack(directive=directive, condition=condition, status=status)


def metadata(**fields):
    return Metadata(**{
        "checksum": ChecksumType.NULL, "file_size": 4, "source_name": "f", "destination_name": "g", **fields
    })  # fmt: skip


def eof(**fields):
    return Eof(**{"checksum": 0, "file_size": 4, **fields})


def kinds(bodies):
    return [type(body) for body in bodies]


class TestSource:
    def test_order_of_a_transfer(self):
        bench = Bench()
        assert bench.put() == ID
        bodies = bench.sent()
        assert kinds(bodies) == [Metadata] + [FileData] * 5 + [Eof]
        assert [body.offset for body in bodies[1:-1]] == [0, 84, 168, 252, 336]
        assert b"".join(body.data for body in bodies[1:-1]) == CONTENT
        assert (bodies[-1].file_size, bodies[-1].condition) == (400, Condition.NO_ERROR)

    def test_eof_until_it_is_acknowledged(self):
        bench = Bench()
        bench.put()
        bench.sent()
        assert bench.entity.deadline_ns == 10 * MS
        assert bench.wait(9) == []
        assert kinds(bench.wait(1)) == [Eof]
        bench.hear(ack(Directive.EOF))
        assert bench.wait(9) == []

    def test_eof_again_to_a_receiver_that_stays_silent(self):
        """It is told once more now and then; only inactivity is a fault."""
        bench = Bench()
        bench.put()
        bench.sent()
        bench.hear(ack(Directive.EOF))
        for _ in range(20):
            assert kinds(bench.wait(10)) == [Eof]
        bench.hear(ack(Directive.EOF))
        assert bench.wait(9) == []
        assert Fault not in kinds(bench.told())

    def test_acknowledgements_alone_do_not_keep_it_alive(self):
        """A receiver that has ended acknowledges EOF for ever, but Finished will not come."""
        bench = Bench()
        bench.put()
        bench.sent()
        for _ in range(102):
            bench.hear(ack(Directive.EOF, status=TransactionStatus.TERMINATED))
            bench.wait(10)
        assert [i.condition for i in bench.told() if isinstance(i, Fault)] == [Condition.INACTIVITY]

    def test_missing_parts(self):
        """Parts that were not sent yet come anyway; what is asked for twice goes once; metadata overtake."""
        bench = Bench()
        bench.put()
        for _ in range(3):
            bench.entity.next_pdu(0)
        bench.hear(Nak(start=0, end=300, requests=((0, 84), (0, 0), (40, 90), (300, 400))))
        bodies = bench.sent()
        assert kinds(bodies[:1]) == [Metadata]
        assert [(body.offset, len(body.data)) for body in bodies[1:-1]] == [
            (0, 84), (84, 6), (168, 84), (252, 84), (336, 64),
        ]  # fmt: skip

    def test_metadata_not_sent_yet_is_not_sent_twice(self):
        bench = Bench()
        bench.put()
        bench.hear(Nak(start=0, end=0, requests=((0, 0),)))
        assert kinds(bench.sent()).count(Metadata) == 1

    def test_requests_are_bounded(self):
        bench = Bench(gaps_max=2)
        bench.put()
        bench.sent()
        bench.hear(Nak(start=0, end=400, requests=tuple((n, n + 1) for n in range(0, 400, 10))))
        assert [body.offset for body in bench.sent()] == [0, 10]

    def test_finished_ends_it_and_is_acknowledged_each_time(self):
        bench = Bench()
        bench.put()
        bench.sent()
        bench.hear(FINISHED, FINISHED, Nak(start=0, end=4, requests=((0, 4),)))
        assert bench.sent() == [ack(Directive.FINISHED)]
        assert bench.entity.transactions == ()
        assert bench.store.opened[0].closed
        bench.hear(FINISHED, FINISHED)
        assert bench.sent() == [ack(Directive.FINISHED, status=TransactionStatus.TERMINATED)]
        (end,) = [i for i in bench.told() if isinstance(i, TransactionFinished)]
        assert end == TransactionFinished(ID, Condition.NO_ERROR, Delivery.COMPLETE, FileStatus.RETAINED)
        assert end.delivered

    def test_finished_before_the_end(self):
        """The receiver gives up: nothing more of the file goes out, whoever acknowledges or cancels what."""
        bench = Bench()
        bench.put()
        bench.entity.next_pdu(0)
        bench.hear(Finished(condition=Condition.FILESTORE_REJECTION, delivery=Delivery.INCOMPLETE,
                            file_status=FileStatus.REJECTED))  # fmt: skip
        bench.entity.cancel(ID, 0)
        bench.hear(ack(Directive.EOF))
        assert bench.sent() == [ack(Directive.FINISHED, Condition.FILESTORE_REJECTION)]
        assert [i.condition for i in bench.told()[1:]] == [Condition.FILESTORE_REJECTION]

    @pytest.mark.parametrize(
        ("handler", "told", "then"),
        [
            (Handler.CANCEL, [Fault], [Eof]),
            (Handler.IGNORE, [Fault], [Eof]),
            (Handler.SUSPEND, [Fault, Suspended], []),
            (Handler.ABANDON, [Fault, Abandoned], []),
        ],
    )
    def test_positive_ack_limit(self, handler, told, then):
        bench = Bench(handlers={Condition.POSITIVE_ACK_LIMIT: handler})
        bench.put()
        bench.sent()
        bench.wait(10)
        bench.wait(10)
        bench.told()
        bodies = bench.wait(10)
        assert kinds(bench.told()) == told
        assert kinds(bodies) == then
        if bodies:
            cancelled = handler is Handler.CANCEL
            assert bodies[0].condition is (Condition.POSITIVE_ACK_LIMIT if cancelled else Condition.NO_ERROR)
            assert bodies[0].fault_location == (b"\x00\x01" if cancelled else b"")
        if handler is Handler.SUSPEND:
            bench.entity.resume(ID, bench.now_ns)
            assert kinds(bench.sent()) == [Eof]

    def test_a_receiver_that_asks_is_not_silent(self):
        bench = Bench()
        bench.put()
        bench.sent()
        for _ in range(10):
            bench.hear(Nak(start=0, end=4, requests=((0, 4),)))
            assert kinds(bench.wait(10)) == [Eof, FileData]
        assert Fault not in kinds(bench.told())

    def test_cancel(self):
        """EOF (cancel) with what was sent so far; only its own ACK ends it."""
        bench = Bench()
        bench.put()
        bench.entity.next_pdu(0)
        bench.entity.next_pdu(0)
        bench.entity.cancel(ID, 0)
        bench.entity.cancel(ID, 0)
        (body,) = bench.sent()
        assert (body.condition, body.file_size) == (Condition.CANCELLED, 84)
        bench.hear(ack(Directive.EOF), Nak(start=0, end=4, requests=((0, 4),)))
        assert kinds(bench.wait(10)) == [Eof]
        bench.hear(ack(Directive.EOF, Condition.CANCELLED))
        assert bench.entity.transactions == ()
        assert bench.told()[-1] == TransactionFinished(
            ID, Condition.CANCELLED, Delivery.INCOMPLETE, FileStatus.UNREPORTED
        )

    def test_cancel_that_nobody_acknowledges_is_abandoned(self):
        bench = Bench()
        bench.put()
        bench.sent()
        bench.entity.cancel(ID, 0)
        for _ in range(3):
            bench.wait(10)
        assert bench.wait(10) == []
        assert bench.told()[-1] == Abandoned(ID, Condition.POSITIVE_ACK_LIMIT, 400)

    def test_cancel_before_anything_was_sent(self):
        bench = Bench()
        bench.put()
        bench.entity.cancel(ID, 0)
        assert bench.sent() == []
        assert bench.entity.transactions == ()
        assert bench.told()[-1].condition is Condition.CANCELLED

    def test_inactivity_after_eof(self):
        bench = Bench()
        bench.put()
        bench.sent()
        bench.hear(ack(Directive.EOF))
        bench.now_ns = 999 * MS
        bench.hear(KeepAlive(7))
        assert Fault not in kinds(bench.told())
        bench.wait(999)
        assert [body.condition for body in bench.wait(1)] == [Condition.INACTIVITY]

    def test_inactivity_ignored_goes_on(self):
        bench = Bench(handlers={Condition.INACTIVITY: Handler.IGNORE})
        bench.put()
        bench.sent()
        bench.hear(ack(Directive.EOF))
        for _ in range(3):
            assert kinds(bench.wait(1_000)) == [Eof]
        assert kinds(bench.told())[-3:] == [Fault] * 3

    @pytest.mark.parametrize("fails", [{"read"}, set()])
    def test_unreadable_file(self, fails):
        bench = Bench()
        bench.put()
        bench.store.fails |= fails
        bench.store.opened[0]._inner._octets = CONTENT[:50]
        assert [getattr(body, "condition", None) for body in bench.sent()] == [None, Condition.FILESTORE_REJECTION]

    def test_unreadable_file_cannot_be_ignored(self):
        bench = Bench(handlers={Condition.FILESTORE_REJECTION: Handler.IGNORE})
        bench.store.fails.add("read")
        bench.put()
        assert kinds(bench.sent()) == [Metadata, Eof]

    def test_suspend_and_resume(self):
        bench = Bench()
        bench.put()
        for _ in range(7):
            bench.entity.next_pdu(0)
        bench.entity.suspend(ID, 4 * MS)
        bench.entity.suspend(ID, 5 * MS)
        assert bench.wait(500) == []
        assert bench.entity.deadline_ns is None
        bench.entity.resume(ID, bench.now_ns)
        bench.entity.resume(ID, bench.now_ns)
        assert bench.entity.deadline_ns == bench.now_ns + 6 * MS
        assert bench.told()[-2:] == [Suspended(ID, Condition.SUSPENDED), Resumed(ID, 400)]

    def test_suspended_it_still_acknowledges(self):
        bench = Bench()
        bench.put()
        bench.sent()
        bench.entity.suspend(ID, 0)
        bench.hear(FINISHED)
        assert kinds(bench.sent()) == [Ack]

    def test_cancel_ends_a_suspension(self):
        bench = Bench()
        bench.put()
        bench.entity.next_pdu(0)
        bench.entity.suspend(ID, 0)
        bench.entity.cancel(ID, 0)
        assert kinds(bench.sent()) == [Eof]

    def test_prompt(self):
        bench = Bench()
        bench.put()
        bench.sent()
        bench.entity.prompt(ID)
        assert bench.sent() == [Prompt(keep_alive=False)]
        bench.entity.prompt(ID, keep_alive=True)
        assert bench.sent() == [Prompt(keep_alive=True)]

    def test_handlers_of_one_transaction(self):
        override = FaultHandlerOverride(Condition.POSITIVE_ACK_LIMIT, Handler.ABANDON)
        bench = Bench(ack_limit=1)
        bench.put(options=(override,))
        assert bench.sent()[0].options == (override,)
        bench.wait(10)
        assert kinds(bench.told())[-1] is Abandoned

    def test_class_1(self):
        bench = Bench()
        bench.put(acknowledged=False)
        assert kinds(bench.sent()) == [Metadata] + [FileData] * 5 + [Eof]
        assert bench.entity.transactions == ()
        end = bench.told()[-1]
        assert (end.condition, end.delivered) == (Condition.NO_ERROR, False)

    def test_class_1_with_closure(self):
        bench = Bench()
        bench.put(acknowledged=False, closure=True)
        bench.sent()
        bench.wait(10)
        header = Header(source=US, sequence=0, destination=PEER, toward_sender=True, unacknowledged=True)
        bench.hear(FINISHED, header=header)
        assert bench.sent() == []
        assert bench.told()[-1].delivered

    def test_class_1_closure_that_does_not_come(self):
        bench = Bench()
        bench.put(acknowledged=False, closure=True)
        bench.sent()
        assert [kinds(bench.wait(10)) for _ in range(3)] == [[], [], [Eof]]
        assert bench.told()[-1].condition is Condition.CHECK_LIMIT
        assert bench.entity.transactions == ()


class TestDestination:
    def test_file_arrives(self):
        bench = Bench()
        bench.receive(metadata(options=(MessageToUser(b"hi"),)), FileData(0, b"ab"), FileData(2, b"cd"))
        assert bench.entity.take_indications() == [
            MetadataReceived(THEIRS, "f", "g", 4, (b"hi",)),
            Progress(THEIRS, 4, 4),
        ]
        assert bench.entity.take_indications() == []
        bench.receive(eof())
        assert bench.sent() == [ack(Directive.EOF), FINISHED]
        assert bench.store.files["g"] == b"abcd"
        bench.receive(ack(Directive.FINISHED))
        assert bench.entity.transactions == ()

    def test_any_order_and_more_than_once(self):
        bench = Bench()
        bench.receive(eof(), FileData(2, b"cd"), FileData(2, b"XX"), FileData(1, b"bX"), FileData(0, b"aX"), metadata())
        assert bench.store.files["g"] == b"abcd"
        bench.receive(FileData(0, b"XXXX"), metadata(), eof(), Prompt(keep_alive=True))
        assert kinds(bench.sent()) == [Ack, Finished]
        assert bench.store.files["g"] == b"abcd"

    def test_finished_until_it_is_acknowledged(self):
        bench = Bench()
        bench.receive(metadata(file_size=0), eof(file_size=0))
        assert kinds(bench.sent()) == [Ack, Finished]
        assert kinds(bench.wait(10)) == [Finished]
        bench.receive(ack(Directive.FINISHED))
        assert bench.wait(100) == []

    def test_late_eof_is_acknowledged(self):
        bench = Bench()
        bench.receive(metadata(), FileData(0, b"abcd"), eof(), ack(Directive.FINISHED))
        bench.sent()
        bench.receive(eof(), FileData(0, b"abcd"), metadata())
        assert bench.sent() == [ack(Directive.EOF, status=TransactionStatus.TERMINATED)]
        assert bench.entity.transactions == ()
        assert bench.entity.refused == 2

    def test_positive_ack_limit(self):
        """The file is there, its sender may not know: a fault, but no second outcome."""
        bench = Bench()
        bench.receive(metadata(), FileData(0, b"abcd"), eof())
        bench.sent()
        for _ in range(3):
            bench.wait(10)
        assert kinds(bench.told()) == [MetadataReceived, EofReceived, TransactionFinished, Fault]
        assert bench.entity.transactions == ()
        assert bench.store.files["g"] == b"abcd"

    def test_immediate_nak(self):
        bench = Bench()
        bench.receive(metadata(), FileData(0, b"a"), FileData(3, b"d"))
        assert bench.sent() == [Nak(start=1, end=3, requests=((1, 3),))]
        bench.receive(FileData(5, b"f"), FileData(4, b"e"))
        assert bench.sent() == []
        bench.receive(eof(file_size=8))
        assert bench.sent() == [ack(Directive.EOF), Nak(start=6, end=8, requests=((6, 8),))]
        assert bench.wait(10) == [Nak(start=1, end=8, requests=((1, 3), (6, 8)))]

    def test_deferred_nak(self):
        bench = Bench(immediate_nak=False)
        bench.receive(FileData(3, b"d"))
        assert bench.sent() == []
        bench.receive(eof())
        assert bench.sent() == [ack(Directive.EOF), Nak(start=0, end=3, requests=((0, 0), (0, 3)))]

    def test_missing_metadata_is_asked_for_at_once(self):
        bench = Bench()
        bench.receive(FileData(1, b"b"))
        assert bench.sent() == [Nak(start=0, end=1, requests=((0, 0), (0, 1)))]

    def test_naks_are_as_long_as_pdus_may_be(self):
        """100 octets: header 12, code 1, scope 8, so nine requests of 8."""
        bench = Bench(immediate_nak=False)
        bench.receive(*(FileData(n, b"x") for n in range(1, 40, 2)), eof(file_size=40))
        naks = bench.sent()[1:]
        assert [len(nak.requests) for nak in naks] == [9, 9, 3]
        assert [(nak.start, nak.end) for nak in naks] == [(0, 15), (16, 33), (34, 39)]

    @pytest.mark.parametrize(
        ("handler", "told", "then"),
        [
            (Handler.CANCEL, [Fault, TransactionFinished], [Finished]),
            (Handler.IGNORE, [Fault], []),
            (Handler.SUSPEND, [Fault, Suspended], []),
            (Handler.ABANDON, [Fault, Abandoned], []),
        ],
    )
    def test_nak_limit(self, handler, told, then):
        bench = Bench(handlers={Condition.NAK_LIMIT: handler})
        bench.receive(metadata(), eof())
        bench.sent()
        bench.wait(10)
        bench.wait(10)
        bench.told()
        bodies = bench.wait(10)
        assert kinds(bench.told()) == told
        assert kinds(bodies) == then
        assert kinds(bench.wait(10))[:1] == ([Nak] if handler is Handler.IGNORE else then)

    def test_progress_forgives(self):
        bench = Bench()
        bench.receive(metadata(), eof(file_size=20))
        for n in range(10):
            assert kinds(bench.wait(10))[-1:] == [Nak]
            bench.wait(10)
            bench.receive(FileData(n, b"x"))
        assert Fault not in kinds(bench.told())

    @pytest.mark.parametrize("handler", [Handler.CANCEL, Handler.IGNORE, Handler.SUSPEND])
    def test_checksum_failure(self, handler):
        bench = Bench(handlers={Condition.CHECKSUM_FAILURE: handler})
        bench.receive(metadata(checksum=ChecksumType.MODULAR), FileData(0, b"abcd"), eof(checksum=1))
        bodies = bench.sent()
        told = kinds(bench.told())[2:]
        if handler is Handler.SUSPEND:
            assert (kinds(bodies), told, "g" in bench.store.files) == ([Ack], [Fault, Suspended], False)
            bench.entity.resume(THEIRS, bench.now_ns)
            bench.wait(10)
            assert kinds(bench.told()) == [Resumed, Fault, Suspended]
            return
        kept = handler is Handler.IGNORE
        assert told == [Fault, TransactionFinished]
        assert bodies[1].condition is Condition.CHECKSUM_FAILURE
        assert bodies[1].file_status is (FileStatus.RETAINED if kept else FileStatus.DISCARDED)
        assert bodies[1].delivery is Delivery.INCOMPLETE
        assert ("g" in bench.store.files) == kept

    @pytest.mark.parametrize("handler", [Handler.CANCEL, Handler.IGNORE])
    def test_unsupported_checksum(self, handler):
        bench = Bench(handlers={Condition.UNSUPPORTED_CHECKSUM: handler})
        bench.receive(metadata(checksum=9), FileData(0, b"abcd"), eof(checksum=1))
        assert ("g" in bench.store.files) == (handler is Handler.IGNORE)

    def test_checksum_over_parts_out_of_order(self):
        """What did not come in order is read back at the end."""
        bench = Bench(checksum=ChecksumType.CRC32)
        bench.receive(metadata(checksum=ChecksumType.CRC32, file_size=9), FileData(0, b"12"), FileData(4, b"5678"))
        bench.receive(FileData(2, b"34"), FileData(8, b"9"), eof(checksum=0xCBF43926, file_size=9))
        assert bench.store.files["g"] == b"123456789"

    @pytest.mark.parametrize("first", ["data", "eof"])
    def test_file_size_error(self, first):
        bench = Bench()
        bodies = [FileData(0, b"abcde"), eof()]
        bench.receive(metadata(), *(bodies if first == "data" else reversed(bodies)))
        assert bench.sent()[-1].condition is Condition.FILE_SIZE_ERROR

    def test_file_size_error_ignored(self):
        bench = Bench(handlers={Condition.FILE_SIZE_ERROR: Handler.IGNORE})
        bench.receive(metadata(), FileData(2, b"cde"), eof())
        assert "g" not in bench.store.files
        bench.receive(FileData(0, b"ab"))
        assert bench.store.files["g"] == b"abcde"

    @pytest.mark.parametrize("fails", ["create", "write", "keep", "read"])
    @pytest.mark.parametrize("handler", [Handler.CANCEL, Handler.IGNORE])
    def test_broken_store(self, fails, handler):
        """To ignore a full disk is not possible."""
        bench = Bench(handlers={Condition.FILESTORE_REJECTION: handler})
        bench.store.fails.add(fails)
        bench.receive(FileData(0, b"abcd"), metadata(checksum=ChecksumType.MODULAR), eof(checksum=0x61626364))
        finished = bench.sent()[-1]
        assert (finished.condition, finished.file_status) == (Condition.FILESTORE_REJECTION, FileStatus.REJECTED)
        assert "g" not in bench.store.files

    def test_full_disk_may_be_waited_for(self):
        """Suspended by a failed write, it goes on when told to: the part is asked for again."""
        bench = Bench(handlers={Condition.FILESTORE_REJECTION: Handler.SUSPEND})
        bench.store.fails.add("write")
        bench.receive(metadata(), FileData(0, b"abcd"), eof())
        assert kinds(bench.sent()) == [Ack]
        bench.store.fails.clear()
        bench.entity.resume(THEIRS, bench.now_ns)
        assert bench.wait(10) == [Nak(start=0, end=4, requests=((0, 4),))]
        bench.receive(FileData(0, b"abcd"))
        assert bench.store.files["g"] == b"abcd"

    def test_cancelled_by_its_sender(self):
        bench = Bench()
        bench.receive(metadata(), FileData(0, b"ab"), eof(condition=Condition.CANCELLED))
        cancelled = Finished(
            condition=Condition.CANCELLED, delivery=Delivery.INCOMPLETE, file_status=FileStatus.DISCARDED,
            fault_location=b"\x00\x02",
        )  # fmt: skip
        assert bench.sent() == [ack(Directive.EOF, Condition.CANCELLED), cancelled]
        for _ in range(3):
            bench.wait(10)
        assert bench.entity.transactions == ()
        assert kinds(bench.told()) == [MetadataReceived, TransactionFinished]

    def test_cancelled_here(self):
        bench = Bench()
        bench.receive(metadata(), FileData(0, b"ab"))
        bench.entity.suspend(THEIRS, 0)
        bench.entity.cancel(THEIRS, 0)
        (finished,) = bench.sent()
        assert (finished.condition, finished.fault_location) == (Condition.CANCELLED, b"\x00\x01")
        bench.entity.cancel(THEIRS, 0)
        assert kinds(bench.wait(10)) == [Finished]

    def test_too_late_to_cancel(self):
        bench = Bench()
        bench.receive(metadata(), FileData(0, b"abcd"), eof())
        bench.entity.cancel(THEIRS, 0)
        assert bench.sent() == [ack(Directive.EOF), FINISHED]

    def test_positive_ack_limit_ignored_goes_on(self):
        bench = Bench(handlers={Condition.POSITIVE_ACK_LIMIT: Handler.IGNORE})
        bench.receive(metadata(), FileData(0, b"abcd"), eof())
        bench.sent()
        for _ in range(9):
            assert kinds(bench.wait(10)) == [Finished]
        assert kinds(bench.told()).count(Fault) == 3

    def test_abandoned_it_repeats_nothing(self):
        bench = Bench(handlers={Condition.POSITIVE_ACK_LIMIT: Handler.ABANDON}, ack_limit=1)
        bench.receive(metadata(), FileData(0, b"abcd"), eof())
        bench.sent()
        assert bench.wait(10) == []
        bench.receive(eof())
        assert kinds(bench.sent()) == [Ack]

    def test_outcome_that_was_not_heard_of_is_repeated(self):
        """The receiver gave up waiting for its ACK; later the sender asks again."""
        bench = Bench()
        bench.receive(metadata(), FileData(0, b"abcd"), eof())
        bench.sent()
        for _ in range(3):
            bench.wait(10)
        assert bench.entity.transactions == ()
        bench.receive(eof(), eof())
        assert bench.sent() == [ack(Directive.EOF, status=TransactionStatus.TERMINATED), FINISHED]

    def test_inactivity(self):
        bench = Bench()
        bench.receive(metadata())
        bench.now_ns = 999 * MS
        bench.receive(FileData(0, b"a"))
        assert bench.wait(999) == []
        assert [body.condition for body in bench.wait(1)] == [Condition.INACTIVITY]

    def test_prompts(self):
        bench = Bench(immediate_nak=False)
        bench.receive(metadata(), FileData(0, b"a"), FileData(3, b"d"), Prompt(keep_alive=True))
        assert bench.sent() == [KeepAlive(2)]
        bench.receive(Prompt(keep_alive=False))
        assert bench.sent() == [Nak(start=1, end=3, requests=((1, 3),))]

    def test_what_only_a_sender_understands_changes_nothing(self):
        bench = Bench()
        bench.receive(metadata(), Nak(start=0, end=4, requests=((0, 4),)), FileData(0, b"abcd"), eof())
        assert kinds(bench.sent()) == [Ack, Finished]

    def test_abandoned_it_delivers_nothing(self):
        bench = Bench(handlers={Condition.FILE_SIZE_ERROR: Handler.ABANDON})
        bench.receive(metadata(), FileData(0, b"abcde"), eof())
        assert bench.sent() == []
        assert kinds(bench.told())[-1] is Abandoned
        assert "g" not in bench.store.files

    def test_suspended_it_takes_but_asks_for_nothing(self):
        bench = Bench()
        bench.receive(metadata())
        bench.entity.suspend(THEIRS, 0)
        bench.receive(FileData(3, b"d"), eof())
        assert kinds(bench.wait(500)) == [Ack]
        bench.entity.resume(THEIRS, bench.now_ns)
        assert kinds(bench.sent()) == [Nak]

    def test_whole_while_suspended_is_delivered_when_resumed(self):
        bench = Bench()
        bench.receive(metadata(), eof())
        bench.entity.suspend(THEIRS, 0)
        bench.receive(FileData(0, b"abcd"))
        assert "g" not in bench.store.files
        bench.entity.resume(THEIRS, 0)
        bench.wait(10)
        assert bench.store.files["g"] == b"abcd"

    def test_handlers_of_one_transaction(self):
        bench = Bench()
        override = FaultHandlerOverride(Condition.INACTIVITY, Handler.ABANDON)
        bench.receive(metadata(options=(override,)))
        bench.wait(1_000)
        assert kinds(bench.told())[-1] is Abandoned

    def test_filestore_requests_are_answered_but_not_carried_out(self):
        bench = Bench()
        request = FilestoreRequest(Action.RENAME_FILE, "g", "h")
        bench.receive(metadata(options=(request,)), FileData(0, b"abcd"), eof())
        response = FilestoreResponse(Action.RENAME_FILE, NOT_PERFORMED, "g", "h")
        assert bench.sent()[-1].responses == (response,)
        assert set(bench.store.files) == {"f", "g"}
        assert bench.told()[-1].responses == (response,)

    def test_metadata_alone_leaves_no_file(self):
        bench = Bench()
        bench.receive(metadata(source_name="", destination_name="", file_size=0), eof(file_size=0))
        assert bench.sent()[-1] == FINISHED
        assert set(bench.store.files) == {"f"}

    def test_too_many_holes(self):
        bench = Bench(gaps_max=2, immediate_nak=False)
        bench.receive(metadata(file_size=9), *(FileData(n, b"x") for n in (0, 2, 4, 6, 8)), eof(file_size=9))
        assert bench.sent()[-1].requests == ((1, 2), (3, 9))

    def test_class_1(self):
        bench = Bench()
        bench.receive(metadata(), eof(), FileData(1, b"bcd"), unacknowledged=True)
        assert bench.wait(10) == []
        bench.receive(FileData(0, b"a"), unacknowledged=True)
        assert bench.store.files["g"] == b"abcd"
        assert bench.sent() == []
        bench.receive(metadata(), eof(), unacknowledged=True)
        assert (bench.entity.transactions, bench.sent()) == ((), [])

    def test_class_1_with_closure(self):
        bench = Bench()
        bench.receive(metadata(closure=True), FileData(0, b"abcd"), eof(), unacknowledged=True)
        assert bench.sent() == [FINISHED]
        assert bench.entity.transactions == ()

    def test_class_1_check_limit(self):
        bench = Bench()
        bench.receive(metadata(), eof(), Prompt(keep_alive=False), unacknowledged=True)
        assert [bench.wait(10) for _ in range(3)] == [[], [], []]
        assert [i.condition for i in bench.told()[2:]] == [Condition.CHECK_LIMIT] * 2

    def test_class_1_cancelled(self):
        bench = Bench()
        bench.receive(metadata(), eof(condition=Condition.CANCELLED), unacknowledged=True)
        assert (bench.sent(), bench.entity.transactions) == ([], ())


class TestEntity:
    def test_several_files_one_after_the_other(self):
        bench = Bench()
        assert [bench.put(), bench.put()] == [ID, TransactionId(US, 1)]
        sequences = []
        while octets := bench.entity.next_pdu(0):
            sequences.append(decode_pdu(octets)[0].sequence)
        assert sequences == sorted(sequences)

    def test_answers_overtake_files(self):
        bench = Bench()
        bench.put()
        bench.receive(metadata(), eof())
        assert kinds([decode_pdu(bench.entity.next_pdu(0))[1] for _ in range(3)]) == [Ack, Nak, Metadata]

    def test_freeze_and_thaw(self):
        bench = Bench()
        bench.put()
        bench.sent()
        bench.entity.freeze(4 * MS)
        bench.receive(metadata())
        other = bench.put()
        bench.hear(Nak(start=0, end=4, requests=((0, 4),)))
        assert bench.wait(5_000) == []
        assert bench.entity.deadline_ns is None
        bench.entity.thaw(bench.now_ns)
        assert bench.entity.deadline_ns == bench.now_ns + 6 * MS
        assert kinds(bench.sent())[:2] == [FileData, Metadata]
        assert bench.entity.transactions == (ID, THEIRS, other)

    def test_frozen_and_suspended(self):
        bench = Bench()
        bench.put()
        bench.sent()
        bench.entity.freeze(0)
        bench.entity.suspend(ID, 0)
        bench.entity.thaw(0)
        assert bench.entity.deadline_ns is None
        bench.entity.resume(ID, 0)
        assert bench.entity.deadline_ns == 10 * MS

    def test_deadline(self):
        bench = Bench()
        assert bench.entity.deadline_ns is None
        bench.receive(metadata())
        assert bench.entity.deadline_ns == 1_000 * MS
        bench.put()
        bench.sent()
        assert bench.entity.deadline_ns == 10 * MS

    def test_missing_file(self):
        with pytest.raises(FileNotFoundError, match="'no'"):
            Bench().entity.put("no", "g", PEER)

    def test_bounded_transactions(self):
        bench = Bench()
        bench.entity = Entity(US, bench.store, transactions_max=1)
        bench.put()
        with pytest.raises(CapacityError, match="1 transactions"):
            bench.put()
        bench.receive(metadata())
        assert bench.entity.refused == 1

    def test_what_no_pdu_holds(self):
        bench = Bench()
        for name in ("x" * 256, "x" * 100):
            with pytest.raises(ValueError, match="octets"):
                bench.entity.put("f", name, PEER)
        with pytest.raises(ValueError, match="this entity itself"):
            bench.entity.put("f", "g", US)
        assert bench.entity.transactions == ()

    def test_unknown_transactions(self):
        bench = Bench()
        for ask in (bench.entity.cancel, bench.entity.suspend, bench.entity.resume):
            with pytest.raises(ValueError, match="1-0 is not open"):
                ask(ID, 0)
        bench.receive(metadata())
        with pytest.raises(ValueError, match="only its sender"):
            bench.entity.prompt(THEIRS)

    def test_numbers_of_transactions_wrap(self):
        bench = Bench()
        bench.entity = Entity(US, bench.store, Settings(sequence_octets=1), first_sequence=255)
        assert [bench.put().sequence, bench.put().sequence] == [255, 0]

    def test_damaged_pdus_are_counted(self):
        bench = Bench()
        bench.entity.on_pdu(b"", 0)
        bench.entity.on_pdu(b"\x20\x00\x00\x00", 0)
        assert bench.entity.undecodable == 2

    @pytest.mark.parametrize(
        ("fields", "body"),
        [
            ({"destination": 3}, metadata()),
            ({"source": 3, "toward_sender": True}, FINISHED),
            ({}, Prompt(keep_alive=True)),
            ({}, ack(Directive.FINISHED)),
            ({}, FINISHED),
            ({"source": US, "destination": PEER, "toward_sender": True}, ack(Directive.EOF)),
            ({"source": US, "destination": PEER, "toward_sender": True, "unacknowledged": True}, FINISHED),
        ],
    )
    def test_not_for_us(self, fields, body):
        bench = Bench()
        bench.receive(body, **fields)
        assert (bench.entity.refused, bench.entity.transactions, bench.sent()) == (1, (), [])

    def test_wrong_direction(self):
        """Our own PDU comes back to us."""
        bench = Bench()
        bench.put()
        bench.hear(metadata(), header=Header(source=US, sequence=0, destination=PEER))
        assert bench.entity.refused == 1
        assert kinds(bench.sent())[0] is Metadata

    def test_finished_of_a_transaction_before_our_restart(self):
        bench = Bench()
        bench.hear(FINISHED)
        assert bench.sent() == [ack(Directive.FINISHED, status=TransactionStatus.UNRECOGNISED)]

    def test_answers_are_bounded(self):
        bench = Bench()
        for sequence in range(ANSWERS_MAX + 10):
            bench.hear(FINISHED, header=Header(source=US, sequence=sequence, destination=PEER, toward_sender=True))
        assert len(bench.sent()) == ANSWERS_MAX

    def test_memory_of_ended_transactions_is_bounded(self):
        bench = Bench()
        for sequence in range(ENDED_MAX + 1):
            bench.receive(metadata(file_size=0), eof(file_size=0), sequence=sequence, unacknowledged=True)
        bench.told()
        bench.receive(metadata(file_size=0), sequence=1, unacknowledged=True)
        assert bench.entity.transactions == ()
        bench.receive(metadata(file_size=0), sequence=0, unacknowledged=True)
        assert bench.entity.transactions == (TransactionId(PEER, 0),)

    def test_indications_are_bounded(self):
        bench = Bench()
        bench.put()
        for _ in range(INDICATIONS_MAX):
            bench.entity.suspend(ID, 0)
            bench.entity.resume(ID, 0)
        assert bench.entity.indications_dropped == INDICATIONS_MAX + 1
        assert len(bench.told()) == INDICATIONS_MAX

    def test_only_one_outcome_while_an_abandoned_reader_is_closed(self):
        bench = Bench(ack_limit=1, handlers={Condition.POSITIVE_ACK_LIMIT: Handler.ABANDON})
        bench.put()
        bench.sent()
        bench.wait(10)
        assert bench.store.opened[0].closed


@pytest.mark.parametrize(
    ("name", "value"),
    [("pdu_octets_max", 63), ("pdu_octets_max", 65536), ("id_octets", 0), ("sequence_octets", 9), ("ack_ms", 0),
     ("nak_limit", 0), ("gaps_max", 0)],
)  # fmt: skip
def test_settings_that_cannot_be(name, value):
    with pytest.raises(ValueError, match=f"{name} = {value}"):
        Settings(**{name: value})
