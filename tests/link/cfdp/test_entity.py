"""One entity and its transactions: bounds, outages, and what it refuses."""

import pytest

from link.cfdp import (
    Abandoned,
    ConditionCode,
    Entity,
    EofReceived,
    FaultHandler,
    MetadataReceived,
    Settings,
    TransactionFinished,
    TransactionId,
)
from link.cfdp.entity import ANSWERS_MAX, ENDED_MAX, INDICATIONS_MAX
from link.cfdp.pdus.codes import Directive, TransactionStatus
from link.cfdp.pdus.directives import Ack, Finished, Metadata, Nak, Prompt
from link.cfdp.pdus.header import Header
from link.cfdp.pdus.pdu import FileData, decode_pdu
from link.errors import CapacityError
from tests.link.cfdp.bench import FINISHED, ID, MS, PEER, QUICK, THEIRS, US, Bench, ack, eof, kinds, metadata


class TestEntity:
    def test_several_files_one_after_the_other(self):
        bench = Bench()
        assert [bench.put(), bench.put()] == [ID, TransactionId(US, 1)]
        sequences = []
        while octets := bench.entity.pop_pdu(0):
            sequences.append(decode_pdu(octets)[0].sequence)
        assert sequences == sorted(sequences)

    def test_answers_overtake_files(self):
        bench = Bench()
        bench.put()
        bench.receive(metadata(), eof())
        assert kinds([decode_pdu(bench.entity.pop_pdu(0))[1] for _ in range(3)]) == [Ack, Nak, Metadata]

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

    @pytest.mark.requirement("FSW-FIL-005")
    def test_what_others_send_leaves_room_for_our_own(self):
        bench = Bench()
        bench.entity = Entity(US, bench.store, transactions_max=3, received_max=2)
        for sequence in range(80):
            bench.receive(metadata(), sequence=sequence)
        assert bench.entity.refused == 78
        assert bench.put() in bench.entity.transactions

    def test_what_no_pdu_holds(self):
        bench = Bench()
        for name in ("x" * 256, "x" * 100):
            with pytest.raises(ValueError, match="octets"):
                bench.entity.put("f", name, PEER)
        assert all(reader.closed for reader in bench.store.opened)
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

    def test_a_number_that_is_open_is_not_given_again(self):
        bench = Bench()
        bench.entity = Entity(US, bench.store, Settings(sequence_octets=1), transactions_max=1000)
        slow, cancelled = bench.put(), [bench.put() for _ in range(254)]
        with pytest.raises(CapacityError, match="255 transactions"):
            bench.put()
        for transaction in cancelled:
            bench.entity.cancel(transaction, 0)
        assert [bench.put().sequence, bench.put().sequence] == [255, 1]
        assert slow in bench.entity.transactions

    def test_damaged_pdus_are_counted(self):
        bench = Bench()
        bench.entity.accept(b"", 0)
        bench.entity.accept(b"\x20\x00\x00\x00", 0)
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
        assert (len(bench.sent()), bench.entity.answers_dropped) == (ANSWERS_MAX, 10)

    def test_memory_of_ended_transactions_is_bounded(self):
        bench = Bench()
        for sequence in range(ENDED_MAX + 1):
            bench.receive(metadata(file_size=0), eof(file_size=0), sequence=sequence, unacknowledged=True)
        assert bench.entity.ended_forgotten == 1
        bench.told()
        bench.receive(metadata(file_size=0), sequence=1, unacknowledged=True)
        assert bench.entity.transactions == ()
        bench.receive(metadata(file_size=0), sequence=0, unacknowledged=True)
        assert bench.entity.transactions == (TransactionId(PEER, 0),)

    def test_another_file_under_the_number_of_one_that_ended(self):
        """A sender with numbers of one octet, or one that begins with the same number at every start."""
        bench = Bench()
        for round_ in range(3):
            content = bytes([round_]) * 4
            bench.receive(metadata(destination_name=f"g{round_}"), FileData(0, content), eof())
            assert kinds(bench.sent()) == [Ack, Finished]
            bench.receive(ack(Directive.FINISHED))
            assert bench.store.files[f"g{round_}"] == content
            bench.receive(metadata(destination_name=f"g{round_}"), FileData(0, b"late"), eof())
            assert bench.sent() == [ack(Directive.EOF, status=TransactionStatus.TERMINATED)]
            bench.told()

    def test_the_same_file_again_under_the_number_of_one_that_ended_long_ago(self):
        bench = Bench()
        for _ in range(2):
            bench.receive(metadata(), FileData(0, b"data"), eof())
            assert kinds(bench.sent()) == [Ack, Finished]
            bench.receive(ack(Directive.FINISHED))
            bench.wait(1_000)

    def test_another_file_under_the_number_of_one_that_is_open(self):
        """Its sender restarted in mid-transfer: nothing of the first file gets into the second."""
        bench = Bench()
        bench.receive(metadata(file_size=8), FileData(0, b"old!old!"))
        bench.receive(metadata(destination_name="h"), FileData(0, b"new!"), eof())
        assert (bench.store.files["h"], "g" in bench.store.files) == (b"new!", False)
        assert [type(one) for one in bench.told()] == [
            MetadataReceived, Abandoned, MetadataReceived, EofReceived, TransactionFinished,
        ]  # fmt: skip

    def test_another_end_of_file_under_the_number_of_one_that_ended(self):
        """Of the second file the beginning was lost: all of it is asked for."""
        bench = Bench()
        bench.receive(metadata(), FileData(0, b"data"), eof())
        bench.receive(ack(Directive.FINISHED))
        bench.sent()
        bench.receive(eof(file_size=9))
        assert kinds(bench.sent()) == [Ack, Nak]

    def test_a_sender_that_restarts_again_and_again_in_mid_transfer(self):
        """What it left behind gives way, the longest silent first; what is still heard does not."""
        bench = Bench()
        bench.entity = Entity(US, bench.store, Settings(**QUICK), received_max=4)
        for sequence in range(20):
            bench.now_ns += 4 * MS
            bench.receive(metadata(), sequence=sequence)
            bench.receive(FileData(0, b"da"), sequence=0)
        assert (bench.entity.refused, len(bench.entity.transactions)) == (0, 4)
        assert bench.entity.transactions[0] == TransactionId(PEER, 0)
        abandoned = [one.transaction.sequence for one in bench.told() if isinstance(one, Abandoned)]
        assert abandoned == list(range(1, 17))

    def test_an_outcome_that_gave_way_is_told_all_the_same(self):
        bench = Bench()
        bench.entity = Entity(US, bench.store, Settings(**QUICK), received_max=1)
        bench.receive(metadata(), FileData(0, b"data"), eof())
        bench.sent()
        bench.now_ns += 10 * MS
        bench.receive(metadata(), sequence=8)
        assert not any(isinstance(one, Abandoned) for one in bench.told())
        bench.receive(eof())
        assert kinds(bench.sent())[:2] == [Ack, Finished]

    def test_indications_are_bounded(self):
        bench = Bench()
        bench.put()
        for _ in range(INDICATIONS_MAX):
            bench.entity.suspend(ID, 0)
            bench.entity.resume(ID, 0)
        assert bench.entity.indications_dropped == INDICATIONS_MAX + 1
        assert len(bench.told()) == INDICATIONS_MAX

    def test_only_one_outcome_while_an_abandoned_reader_is_closed(self):
        bench = Bench(ack_limit=1, handlers={ConditionCode.POSITIVE_ACK_LIMIT: FaultHandler.ABANDON})
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
