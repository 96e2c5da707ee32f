"""What CFDP tells becomes records that any client can be sent."""

import pytest

from ground.api import News, encode
from ground.file_names import plain_name
from ground.records import FileRecord
from ground.transfers import TRANSFERS_MAX, Transfers
from link.cfdp import Condition, Delivery, FileStatus, MetadataReceived, TransactionFinished, TransactionId

ONE = TransactionId(1, 7)


def metadata(name, transaction=ONE):
    return MetadataReceived(transaction, "x", name, 10, ())


def test_a_file_that_arrived_is_recorded():
    done = TransactionFinished(ONE, Condition.NO_ERROR, Delivery.COMPLETE, FileStatus.RETAINED)
    *_, file = Transfers().take([metadata("one.bin"), done], 5)
    assert file == FileRecord(name="one.bin", size_octets=10, transaction="1-7", begun_ns=5, received_ns=5)


@pytest.mark.parametrize(
    ("name", "shown"), [("caf\udce9.bin", "caf%E9.bin"), ("\udcff\udc80", "%FF%80"), ("prüfung ✓", "prüfung ✓")]
)
def test_a_name_that_is_no_text_is_shown_with_escapes(name, shown):
    transfers = Transfers()
    (record,) = transfers.take([metadata(name)], 0)
    assert record.name == plain_name(name) == shown
    assert shown.encode() in encode(News(topic="transfer", record=record))


def test_only_the_last_transfers_are_remembered():
    transfers = Transfers()
    for number in range(TRANSFERS_MAX + 5):
        list(transfers.take([metadata("x", TransactionId(1, number))], number))
    assert [len(transfers.records), transfers.records[0].transaction] == [TRANSFERS_MAX, "1-5"]
    assert transfers.forgotten == 5
