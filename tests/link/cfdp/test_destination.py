"""The receiving end, driven PDU by PDU: what is asked for, what is delivered, and what goes wrong."""

import pytest

from link.cfdp import (
    Abandoned,
    ChecksumType,
    ConditionCode,
    DeliveryCode,
    EofReceived,
    FaultHandler,
    FaultIndication,
    FileStatus,
    MetadataReceived,
    Progress,
    Resumed,
    Suspended,
    TransactionFinished,
)
from link.cfdp.pdus.codes import Directive, TransactionStatus
from link.cfdp.pdus.directives import Ack, Finished, KeepAlive, Nak, Prompt
from link.cfdp.pdus.pdu import FileData
from link.cfdp.pdus.tlv import (
    NOT_PERFORMED,
    FaultHandlerOverride,
    FilestoreAction,
    FilestoreRequest,
    FilestoreResponse,
    MessageToUser,
)
from tests.link.cfdp.bench import (
    FINISHED,
    MS,
    THEIRS,
    Bench,
    ack,
    eof,
    kinds,
    metadata,
)


class TestDestination:
    def test_file_arrives(self):
        bench = Bench()
        bench.receive(metadata(options=(MessageToUser(b"hi"),)), FileData(0, b"ab"), FileData(2, b"cd"))
        assert bench.entity.drain_indications() == [
            MetadataReceived(THEIRS, "f", "g", 4, (b"hi",)),
            Progress(THEIRS, 4, 4),
        ]
        assert bench.entity.drain_indications() == []
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
        assert kinds(bench.told()) == [MetadataReceived, EofReceived, TransactionFinished, FaultIndication]
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
            (FaultHandler.CANCEL, [FaultIndication, TransactionFinished], [Finished]),
            (FaultHandler.IGNORE, [FaultIndication], []),
            (FaultHandler.SUSPEND, [FaultIndication, Suspended], []),
            (FaultHandler.ABANDON, [FaultIndication, Abandoned], []),
        ],
    )
    def test_nak_limit(self, handler, told, then):
        bench = Bench(handlers={ConditionCode.NAK_LIMIT: handler})
        bench.receive(metadata(), eof())
        bench.sent()
        bench.wait(10)
        bench.wait(10)
        bench.told()
        bodies = bench.wait(10)
        assert kinds(bench.told()) == told
        assert kinds(bodies) == then
        assert kinds(bench.wait(10))[:1] == ([Nak] if handler is FaultHandler.IGNORE else then)

    def test_progress_forgives(self):
        bench = Bench()
        bench.receive(metadata(), eof(file_size=20))
        for n in range(10):
            assert kinds(bench.wait(10))[-1:] == [Nak]
            bench.wait(10)
            bench.receive(FileData(n, b"x"))
        assert FaultIndication not in kinds(bench.told())

    @pytest.mark.parametrize("handler", [FaultHandler.CANCEL, FaultHandler.IGNORE, FaultHandler.SUSPEND])
    def test_checksum_failure(self, handler):
        bench = Bench(handlers={ConditionCode.CHECKSUM_FAILURE: handler})
        bench.receive(metadata(checksum=ChecksumType.MODULAR), FileData(0, b"abcd"), eof(checksum=1))
        bodies = bench.sent()
        told = kinds(bench.told())[2:]
        if handler is FaultHandler.SUSPEND:
            assert (kinds(bodies), told, "g" in bench.store.files) == ([Ack], [FaultIndication, Suspended], False)
            bench.entity.resume(THEIRS, bench.now_ns)
            bench.wait(10)
            assert kinds(bench.told()) == [Resumed, FaultIndication, Suspended]
            return
        kept = handler is FaultHandler.IGNORE
        assert told == [FaultIndication, TransactionFinished]
        assert bodies[1].condition is ConditionCode.CHECKSUM_FAILURE
        assert bodies[1].file_status is (FileStatus.RETAINED if kept else FileStatus.DISCARDED)
        assert bodies[1].delivery is DeliveryCode.INCOMPLETE
        assert ("g" in bench.store.files) == kept

    @pytest.mark.parametrize("handler", [FaultHandler.CANCEL, FaultHandler.IGNORE])
    def test_unsupported_checksum(self, handler):
        bench = Bench(handlers={ConditionCode.UNSUPPORTED_CHECKSUM: handler})
        bench.receive(metadata(checksum=9), FileData(0, b"abcd"), eof(checksum=1))
        assert ("g" in bench.store.files) == (handler is FaultHandler.IGNORE)

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
        assert bench.sent()[-1].condition is ConditionCode.FILE_SIZE_ERROR

    def test_file_size_error_ignored(self):
        bench = Bench(handlers={ConditionCode.FILE_SIZE_ERROR: FaultHandler.IGNORE})
        bench.receive(metadata(), FileData(2, b"cde"), eof())
        assert "g" not in bench.store.files
        bench.receive(FileData(0, b"ab"))
        assert bench.store.files["g"] == b"abcde"

    @pytest.mark.parametrize("fails", ["create", "write", "keep", "read"])
    @pytest.mark.parametrize("handler", [FaultHandler.CANCEL, FaultHandler.IGNORE])
    def test_broken_store(self, fails, handler):
        """To ignore a full disk is not possible."""
        bench = Bench(handlers={ConditionCode.FILESTORE_REJECTION: handler})
        bench.store.fails.add(fails)
        bench.receive(FileData(0, b"abcd"), metadata(checksum=ChecksumType.MODULAR), eof(checksum=0x61626364))
        finished = bench.sent()[-1]
        assert (finished.condition, finished.file_status) == (ConditionCode.FILESTORE_REJECTION, FileStatus.REJECTED)
        assert "g" not in bench.store.files

    def test_full_disk_may_be_waited_for(self):
        """Suspended by a failed write, it goes on when told to: the part is asked for again."""
        bench = Bench(handlers={ConditionCode.FILESTORE_REJECTION: FaultHandler.SUSPEND})
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
        bench.receive(metadata(), FileData(0, b"ab"), eof(condition=ConditionCode.CANCELLED))
        cancelled = Finished(
            condition=ConditionCode.CANCELLED, delivery=DeliveryCode.INCOMPLETE, file_status=FileStatus.DISCARDED,
            fault_location=b"\x00\x02",
        )  # fmt: skip
        assert bench.sent() == [ack(Directive.EOF, ConditionCode.CANCELLED), cancelled]
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
        assert (finished.condition, finished.fault_location) == (ConditionCode.CANCELLED, b"\x00\x01")
        bench.entity.cancel(THEIRS, 0)
        assert kinds(bench.wait(10)) == [Finished]

    def test_too_late_to_cancel(self):
        bench = Bench()
        bench.receive(metadata(), FileData(0, b"abcd"), eof())
        bench.entity.cancel(THEIRS, 0)
        assert bench.sent() == [ack(Directive.EOF), FINISHED]

    def test_positive_ack_limit_ignored_goes_on(self):
        bench = Bench(handlers={ConditionCode.POSITIVE_ACK_LIMIT: FaultHandler.IGNORE})
        bench.receive(metadata(), FileData(0, b"abcd"), eof())
        bench.sent()
        for _ in range(9):
            assert kinds(bench.wait(10)) == [Finished]
        assert kinds(bench.told()).count(FaultIndication) == 3

    def test_abandoned_it_repeats_nothing(self):
        bench = Bench(handlers={ConditionCode.POSITIVE_ACK_LIMIT: FaultHandler.ABANDON}, ack_limit=1)
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
        assert [body.condition for body in bench.wait(1)] == [ConditionCode.INACTIVITY]

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
        bench = Bench(handlers={ConditionCode.FILE_SIZE_ERROR: FaultHandler.ABANDON})
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
        override = FaultHandlerOverride(ConditionCode.INACTIVITY, FaultHandler.ABANDON)
        bench.receive(metadata(options=(override,)))
        bench.wait(1_000)
        assert kinds(bench.told())[-1] is Abandoned

    def test_filestore_requests_are_answered_but_not_carried_out(self):
        bench = Bench()
        request = FilestoreRequest(FilestoreAction.RENAME_FILE, "g", "h")
        bench.receive(metadata(options=(request,)), FileData(0, b"abcd"), eof())
        response = FilestoreResponse(FilestoreAction.RENAME_FILE, NOT_PERFORMED, "g", "h")
        assert bench.sent()[-1].responses == (response,)
        assert set(bench.store.files) == {"f", "g"}
        assert bench.told()[-1].responses == (response,)

    def test_metadata_alone_leaves_no_file(self):
        bench = Bench()
        bench.receive(metadata(source_name="", destination_name="", file_size=0), eof(file_size=0))
        assert bench.sent()[-1] == Finished(delivery=DeliveryCode.COMPLETE, file_status=FileStatus.UNREPORTED)
        assert set(bench.store.files) == {"f"}

    def test_metadata_alone_asks_nothing_of_the_file_store(self):
        """A node that takes no files can still be sent messages."""
        bench = Bench()
        bench.store.fails.add("create")
        alone = {"checksum": ChecksumType.CRC32, "source_name": "", "destination_name": "", "file_size": 0}
        bench.receive(metadata(**alone), eof(file_size=0))
        assert bench.sent()[-1] == Finished(delivery=DeliveryCode.COMPLETE, file_status=FileStatus.UNREPORTED)

    @pytest.mark.parametrize("offset", [1 << 28, 1 << 62, (1 << 64) - 5])
    def test_data_beyond_what_any_file_store_holds(self, offset):
        """2^62 is ../shared/cases/link/cfdp-far-offset.hex."""
        bench = Bench()
        bench.receive(FileData(offset, b"abcd"), large=True)
        (finished,) = [end for end in bench.told() if isinstance(end, TransactionFinished)]
        assert (finished.condition, finished.file_status) == (ConditionCode.FILESTORE_REJECTION, FileStatus.REJECTED)

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
        assert [i.condition for i in bench.told()[2:]] == [ConditionCode.CHECK_LIMIT] * 2

    def test_class_1_cancelled(self):
        bench = Bench()
        bench.receive(metadata(), eof(condition=ConditionCode.CANCELLED), unacknowledged=True)
        assert (bench.sent(), bench.entity.transactions) == ([], ())
