"""CFDP's indications become records that can be sent to any client."""

import pytest
from msgspec.structs import replace

from ground.records import FileRecord, TransferRecord
from ground.service.api import News, encode
from ground.station.file_names import plain_name
from ground.station.file_service import TRANSFERS_MAX, Transfers
from link.cfdp import (
    Abandoned,
    ConditionCode,
    DeliveryCode,
    EofReceived,
    FileStatus,
    MetadataReceived,
    Progress,
    Resumed,
    Started,
    Suspended,
    TransactionFinished,
    TransactionId,
)
from tests.ground.example_dictionary import GROUND_ENTITY

ONE = TransactionId(1, 7)


def metadata(name, transaction=ONE):
    return MetadataReceived(transaction, "x", name, 10, ())


def finished(condition=ConditionCode.NO_ERROR, delivery=DeliveryCode.COMPLETE):
    return TransactionFinished(ONE, condition, delivery, FileStatus.RETAINED)


def test_a_file_that_arrived_is_recorded():
    transfers = Transfers(GROUND_ENTITY)
    list(transfers.accept([metadata("one.bin")], 5))
    *_, file = transfers.accept([finished()], 9)
    assert file == FileRecord(name="one.bin", size_octets=10, transaction="1-7", begun_ns=5, received_ns=9)


@pytest.mark.parametrize(
    ("name", "shown"), [("caf\udce9.bin", "caf%E9.bin"), ("\udcff\udc80", "%FF%80"), ("prüfung ✓", "prüfung ✓")]
)
def test_a_name_that_is_no_text_is_shown_with_escapes(name, shown):
    transfers = Transfers(GROUND_ENTITY)
    (record,) = transfers.accept([metadata(name)], 0)
    assert record.name == plain_name(name) == shown
    assert shown.encode() in encode(News(topic="transfer", record=record))


def test_only_the_last_transfers_are_remembered():
    transfers = Transfers(GROUND_ENTITY)
    for number in range(TRANSFERS_MAX + 5):
        list(transfers.accept([metadata("x", TransactionId(1, number))], number))
    assert [len(transfers.records), transfers.records[0].transaction] == [TRANSFERS_MAX, "1-5"]
    assert transfers.forgotten == 5


def last(*indications):
    """The record after `indications`, which come a nanosecond apart."""
    transfers = Transfers(GROUND_ENTITY)
    for time_ns, indication in enumerate(indications):
        list(transfers.accept([indication], time_ns))
    (record,) = transfers.records
    return record


def test_a_file_whose_metadata_come_late_has_no_name_until_then():
    assert last(Progress(ONE, 5, None)) == TransferRecord(
        transaction="1-7", name="", received_octets=5, size_octets=0, begun_ns=0, updated_ns=0
    )
    assert last(Progress(ONE, 5, 20)) == replace(last(Progress(ONE, 5, None)), size_octets=20)
    assert last(Suspended(ONE, ConditionCode.SUSPENDED)) == TransferRecord(
        transaction="1-7", name="", received_octets=0, size_octets=0, begun_ns=0, updated_ns=0, condition="suspended"
    )


def test_progress_has_its_time():
    assert last(metadata("a"), Progress(ONE, 4, 10)).updated_ns == 1


def test_what_metadata_tell():
    assert last(Progress(ONE, 5, None), metadata("a")) == TransferRecord(
        transaction="1-7", name="a", received_octets=5, size_octets=10, begun_ns=0, updated_ns=1
    )


@pytest.mark.parametrize(
    ("end", "condition", "received"),
    [
        (finished(), "complete", 10),
        (finished(ConditionCode.FILE_SIZE_ERROR, DeliveryCode.INCOMPLETE), "file size error", 4),
        (Abandoned(ONE, ConditionCode.NAK_LIMIT, 4), "nak limit", 4),
        (Suspended(ONE, ConditionCode.SUSPENDED), "suspended", 4),
    ],
)
def test_how_it_ends(end, condition, received):
    record = last(metadata("a"), Progress(ONE, 4, 10), end)
    assert (record.condition, record.received_octets, record.size_octets, record.name) == (condition, received, 10, "a")
    assert (record.begun_ns, record.updated_ns) == (0, 2)


def test_it_goes_on_after_a_pause():
    record = last(metadata("a"), Suspended(ONE, ConditionCode.SUSPENDED), Resumed(ONE, 0))
    assert (record.condition, record.updated_ns) == ("", 2)


def test_what_changes_no_record_is_no_news():
    transfers = Transfers(GROUND_ENTITY)
    told = list(transfers.accept([Started(ONE), metadata("a"), EofReceived(ONE), Progress(ONE, 4, 10)], 0))
    assert [record.received_octets for record in told] == [0, 4]
    assert list(transfers.accept([EofReceived(ONE)], 0)) == []


def test_only_whole_files_are_recorded():
    told = Transfers(GROUND_ENTITY).accept(
        [metadata("a"), finished(ConditionCode.FILE_SIZE_ERROR, DeliveryCode.INCOMPLETE)], 0
    )
    assert not any(isinstance(record, FileRecord) for record in told)


def test_transfers_that_ended_are_forgotten_without_being_counted():
    transfers = Transfers(GROUND_ENTITY)
    list(transfers.accept([metadata("a"), finished()], 0))
    for number in range(TRANSFERS_MAX + 1):
        list(transfers.accept([metadata("x", TransactionId(2, number))], 1))
    assert transfers.forgotten == 1
