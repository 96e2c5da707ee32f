"""The sending end, driven PDU by PDU: faults and their handlers, suspension, duplicates."""

import pytest

from link.cfdp import (
    Abandoned,
    ConditionCode,
    DeliveryCode,
    FaultHandler,
    FaultIndication,
    FileStatus,
    Resumed,
    Suspended,
    TransactionFinished,
)
from link.cfdp.pdus.codes import Directive, TransactionStatus
from link.cfdp.pdus.directives import Ack, Eof, Finished, KeepAlive, Metadata, Nak, Prompt
from link.cfdp.pdus.header import Header
from link.cfdp.pdus.pdu import FileData
from link.cfdp.pdus.tlv import (
    FaultHandlerOverride,
)
from tests.link.cfdp.bench import (
    CONTENT,
    FINISHED,
    ID,
    MS,
    PEER,
    US,
    Bench,
    ack,
    kinds,
)


class TestSource:
    def test_order_of_a_transfer(self):
        bench = Bench()
        assert bench.put() == ID
        bodies = bench.sent()
        assert kinds(bodies) == [Metadata] + [FileData] * 5 + [Eof]
        assert [body.offset for body in bodies[1:-1]] == [0, 84, 168, 252, 336]
        assert b"".join(body.data for body in bodies[1:-1]) == CONTENT
        assert (bodies[-1].file_size, bodies[-1].condition) == (400, ConditionCode.NO_ERROR)

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
        """It is reported again now and then; only inactivity is a fault."""
        bench = Bench()
        bench.put()
        bench.sent()
        bench.hear(ack(Directive.EOF))
        for _ in range(20):
            assert kinds(bench.wait(10)) == [Eof]
        bench.hear(ack(Directive.EOF))
        assert bench.wait(9) == []
        assert FaultIndication not in kinds(bench.told())

    def test_acknowledgements_alone_do_not_keep_it_alive(self):
        """A receiver that acknowledges EOF for ever and never finishes."""
        bench = Bench()
        bench.put()
        bench.sent()
        for _ in range(102):
            bench.hear(ack(Directive.EOF))
            bench.wait(10)
        assert [i.condition for i in bench.told() if isinstance(i, FaultIndication)] == [ConditionCode.INACTIVITY]

    @pytest.mark.parametrize(
        ("status", "times"), [(TransactionStatus.UNRECOGNISED, 1), (TransactionStatus.TERMINATED, 3)]
    )
    def test_a_receiver_that_says_it_is_over_is_believed(self, status, times):
        """Its Finished will not come: it knows the number from an earlier transaction, or not at all."""
        bench = Bench()
        bench.put()
        bench.sent()
        for _ in range(times):
            assert FaultIndication not in kinds(bench.told())
            bench.hear(ack(Directive.EOF, status=status))
        assert [i.condition for i in bench.told() if isinstance(i, FaultIndication)] == [ConditionCode.INACTIVITY]
        (cancel,) = bench.sent()
        assert cancel.condition is ConditionCode.INACTIVITY
        bench.hear(ack(Directive.EOF, condition=ConditionCode.INACTIVITY, status=status))
        assert [i.condition for i in bench.told()] == [ConditionCode.INACTIVITY]
        assert bench.entity.transactions == ()

    def test_finished_that_comes_after_all_counts(self):
        """The receiver has ended the transaction and repeats its outcome; the first two repetitions were lost."""
        bench = Bench()
        bench.put()
        bench.sent()
        for _ in range(2):
            bench.hear(ack(Directive.EOF, status=TransactionStatus.TERMINATED))
        bench.hear(FINISHED)
        assert [i.delivered for i in bench.told() if isinstance(i, TransactionFinished)] == [True]

    @pytest.mark.parametrize("handler", [FaultHandler.IGNORE, FaultHandler.SUSPEND])
    def test_a_user_who_insists_goes_on_asking(self, handler):
        bench = Bench(handlers={ConditionCode.INACTIVITY: handler})
        transaction = bench.put()
        bench.sent()
        bench.hear(ack(Directive.EOF, status=TransactionStatus.UNRECOGNISED))
        bench.entity.resume(transaction, bench.now_ns)
        assert kinds(bench.wait(10)) == [Eof]

    def test_missing_parts(self):
        """Parts that were not sent yet come anyway; what is asked for twice goes once; metadata go first."""
        bench = Bench()
        bench.put()
        for _ in range(3):
            bench.entity.pop_pdu(0)
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
        assert end == TransactionFinished(ID, ConditionCode.NO_ERROR, DeliveryCode.COMPLETE, FileStatus.RETAINED)
        assert end.delivered

    def test_finished_before_the_end(self):
        """The receiver gives up: nothing more of the file goes out, whoever acknowledges or cancels what."""
        bench = Bench()
        bench.put()
        bench.entity.pop_pdu(0)
        bench.hear(Finished(condition=ConditionCode.FILESTORE_REJECTION, delivery=DeliveryCode.INCOMPLETE,
                            file_status=FileStatus.REJECTED))  # fmt: skip
        bench.entity.cancel(ID, 0)
        bench.hear(ack(Directive.EOF))
        assert bench.sent() == [ack(Directive.FINISHED, ConditionCode.FILESTORE_REJECTION)]
        assert [i.condition for i in bench.told()[1:]] == [ConditionCode.FILESTORE_REJECTION]

    @pytest.mark.parametrize(
        ("handler", "told", "then"),
        [
            (FaultHandler.CANCEL, [FaultIndication], [Eof]),
            (FaultHandler.IGNORE, [FaultIndication], [Eof]),
            (FaultHandler.SUSPEND, [FaultIndication, Suspended], []),
            (FaultHandler.ABANDON, [FaultIndication, Abandoned], []),
        ],
    )
    def test_positive_ack_limit(self, handler, told, then):
        bench = Bench(handlers={ConditionCode.POSITIVE_ACK_LIMIT: handler})
        bench.put()
        bench.sent()
        bench.wait(10)
        bench.wait(10)
        bench.told()
        bodies = bench.wait(10)
        assert kinds(bench.told()) == told
        assert kinds(bodies) == then
        if bodies:
            cancelled = handler is FaultHandler.CANCEL
            assert bodies[0].condition is (ConditionCode.POSITIVE_ACK_LIMIT if cancelled else ConditionCode.NO_ERROR)
            assert bodies[0].fault_location == (b"\x00\x01" if cancelled else b"")
        if handler is FaultHandler.SUSPEND:
            bench.entity.resume(ID, bench.now_ns)
            assert kinds(bench.sent()) == [Eof]

    def test_a_receiver_that_asks_is_not_silent(self):
        bench = Bench()
        bench.put()
        bench.sent()
        for _ in range(10):
            bench.hear(Nak(start=0, end=4, requests=((0, 4),)))
            assert kinds(bench.wait(10)) == [Eof, FileData]
        assert FaultIndication not in kinds(bench.told())

    def test_cancel(self):
        """EOF (cancel) with what was sent so far; only its own ACK ends it."""
        bench = Bench()
        bench.put()
        bench.entity.pop_pdu(0)
        bench.entity.pop_pdu(0)
        bench.entity.cancel(ID, 0)
        bench.entity.cancel(ID, 0)
        (body,) = bench.sent()
        assert (body.condition, body.file_size) == (ConditionCode.CANCELLED, 84)
        bench.hear(ack(Directive.EOF), Nak(start=0, end=4, requests=((0, 4),)))
        assert kinds(bench.wait(10)) == [Eof]
        bench.hear(ack(Directive.EOF, ConditionCode.CANCELLED))
        assert bench.entity.transactions == ()
        assert bench.told()[-1] == TransactionFinished(
            ID, ConditionCode.CANCELLED, DeliveryCode.INCOMPLETE, FileStatus.UNREPORTED
        )

    def test_cancel_that_nobody_acknowledges_is_abandoned(self):
        bench = Bench()
        bench.put()
        bench.sent()
        bench.entity.cancel(ID, 0)
        for _ in range(3):
            bench.wait(10)
        assert bench.wait(10) == []
        assert bench.told()[-1] == Abandoned(ID, ConditionCode.POSITIVE_ACK_LIMIT, 400)

    def test_cancel_before_anything_was_sent(self):
        bench = Bench()
        bench.put()
        bench.entity.cancel(ID, 0)
        assert bench.sent() == []
        assert bench.entity.transactions == ()
        assert bench.told()[-1].condition is ConditionCode.CANCELLED

    def test_inactivity_after_eof(self):
        bench = Bench()
        bench.put()
        bench.sent()
        bench.hear(ack(Directive.EOF))
        bench.now_ns = 999 * MS
        bench.hear(KeepAlive(7))
        assert FaultIndication not in kinds(bench.told())
        bench.wait(999)
        assert [body.condition for body in bench.wait(1)] == [ConditionCode.INACTIVITY]

    def test_inactivity_ignored_goes_on(self):
        bench = Bench(handlers={ConditionCode.INACTIVITY: FaultHandler.IGNORE})
        bench.put()
        bench.sent()
        bench.hear(ack(Directive.EOF))
        for _ in range(3):
            assert kinds(bench.wait(1_000)) == [Eof]
        assert kinds(bench.told())[-3:] == [FaultIndication] * 3

    @pytest.mark.parametrize("fails", [{"read"}, set()])
    def test_unreadable_file(self, fails):
        bench = Bench()
        bench.put()
        bench.store.fails |= fails
        bench.store.opened[0]._inner._octets = CONTENT[:50]
        assert [getattr(body, "condition", None) for body in bench.sent()] == [None, ConditionCode.FILESTORE_REJECTION]

    def test_unreadable_file_cannot_be_ignored(self):
        bench = Bench(handlers={ConditionCode.FILESTORE_REJECTION: FaultHandler.IGNORE})
        bench.store.fails.add("read")
        bench.put()
        assert kinds(bench.sent()) == [Metadata, Eof]

    def test_suspend_and_resume(self):
        bench = Bench()
        bench.put()
        for _ in range(7):
            bench.entity.pop_pdu(0)
        bench.entity.suspend(ID, 4 * MS)
        bench.entity.suspend(ID, 5 * MS)
        assert bench.wait(500) == []
        assert bench.entity.deadline_ns is None
        bench.entity.resume(ID, bench.now_ns)
        bench.entity.resume(ID, bench.now_ns)
        assert bench.entity.deadline_ns == bench.now_ns + 6 * MS
        assert bench.told()[-2:] == [Suspended(ID, ConditionCode.SUSPENDED), Resumed(ID, 400)]

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
        bench.entity.pop_pdu(0)
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
        override = FaultHandlerOverride(ConditionCode.POSITIVE_ACK_LIMIT, FaultHandler.ABANDON)
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
        assert (end.condition, end.delivered) == (ConditionCode.NO_ERROR, False)

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
        assert bench.told()[-1].condition is ConditionCode.CHECK_LIMIT
        assert bench.entity.transactions == ()
