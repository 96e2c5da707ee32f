"""Transactions go on where they were after a restart of either end: only what is missing is sent again."""

from dataclasses import replace
from random import Random

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from link.cfdp import (
    ChecksumType,
    ConditionCode,
    Entity,
    FaultHandler,
    KeptReceiving,
    KeptSending,
    MemoryStore,
    MetadataReceived,
    Settings,
    Started,
    Suspended,
    TransactionFinished,
)
from link.cfdp.pdus.codes import Directive, TransactionStatus
from link.cfdp.pdus.directives import Ack, Finished, Metadata, Nak
from link.cfdp.pdus.pdu import FileData, decode_pdu, encode_pdu
from link.errors import DecodeError

MS = 1_000_000
CONTENT = bytes(range(256)) * 8
SETTINGS = Settings(pdu_octets_max=128, ack_ms=100, nak_ms=100, check_ms=100)


class Pair:
    """Two ends on a clock: what one hands out, the other accepts. `hand` passes up to so many PDUs; `now` ends' ns."""

    def __init__(self, settings=SETTINGS, content=CONTENT):
        self.settings, self.now, self.moved = settings, 0, []
        self.stores = [MemoryStore(a=content), MemoryStore()]
        self.ends = [Entity(number, store, settings) for number, store in enumerate(self.stores)]
        self.told = [[], []]

    def hand(self, count=1 << 30, lost=lambda pdu: False):
        """Pass PDUs on as long as there are any, `count` of file data at most."""
        while True:
            pdus = [end.pop_pdu(self.now) for end in self.ends]
            for number, pdu in enumerate(pdus):
                if pdu and not lost(pdu):
                    self.moved.append(decode_pdu(pdu)[1])
                    self.ends[1 - number].accept(pdu, self.now)
                    count -= isinstance(self.moved[-1], FileData)
            for told, end in zip(self.told, self.ends, strict=True):
                told += end.drain_indications()
            if count <= 0 or pdus == [None, None]:
                return

    def go_on(self, seconds=60, lost=lambda pdu: False):
        """Hand PDUs as timers run out, until no transaction is open."""
        end_ns = self.now + seconds * 1000 * MS
        while self.now < end_ns and any(end.transactions for end in self.ends):
            self.hand(lost=lost)
            self.now = min((one.deadline_ns for one in self.ends if one.deadline_ns is not None), default=end_ns)

    def restart(self, number, kept=None):
        """Begin one end anew with what it kept, as it would be stored."""
        kept = self.ends[number].kept() if kept is None else kept
        self.ends[number] = Entity(number, self.stores[number], self.settings, first_sequence=1000)
        for one in kept:
            octets = msgspec.msgpack.encode(one)
            self.ends[number].restore(msgspec.msgpack.decode(octets, type=type(one)), self.now)

    def data_moved(self):
        return [one.offset for one in self.moved if isinstance(one, FileData)]

    @property
    def outcome(self):
        """How the sender was told that it ended."""
        return [one for one in self.told[0] if isinstance(one, TransactionFinished)][-1]

    @property
    def is_there(self):
        return self.stores[1].files == {"b": CONTENT} and not self.stores[1].parts


@pytest.fixture
def pair():
    return Pair()


@pytest.mark.parametrize("who", [(0,), (1,), (0, 1)], ids=["sender", "receiver", "both"])
def test_no_octet_comes_twice_after_a_restart_in_the_middle(pair, who):
    pair.ends[0].put("a", "b", 1)
    pair.hand(5)
    for number in who:
        pair.restart(number)
    pair.go_on()
    assert pair.is_there
    assert len(set(pair.data_moved())) == len(pair.data_moved())
    assert pair.outcome.delivered


def test_only_what_was_not_kept_is_asked_for(pair):
    pair.ends[0].put("a", "b", 1)
    pair.hand(5)
    kept, stage = pair.ends[1].kept(), pair.ends[1].stage
    pair.hand(3)
    assert pair.ends[1].stage == stage
    pair.restart(1, kept)
    pair.go_on()
    assert pair.is_there
    twice = [offset for offset in set(pair.data_moved()) if pair.data_moved().count(offset) > 1]
    assert len(twice) == 3


def test_metadata_that_are_missing_are_asked_for(pair):
    pair.ends[0].put("a", "b", 1)
    pair.hand(2, lost=lambda pdu: isinstance(decode_pdu(pdu)[1], Metadata))
    pair.restart(1)
    pair.go_on()
    assert pair.is_there
    assert isinstance(next(one for one in pair.moved if isinstance(one, Nak)), Nak)


def test_what_is_known_is_told_again(pair):
    pair.ends[0].put("a", "b", 1)
    pair.hand(2)
    for number in (0, 1):
        pair.restart(number)
    assert [type(one) for one in pair.ends[0].drain_indications()][:1] == [Started]
    told = pair.ends[1].drain_indications()
    assert told[0] == MetadataReceived((0, 0), "a", "b", len(CONTENT), ())
    assert told[1].octets == 2 * len(pair.moved[1].data)


def test_an_outcome_that_the_sender_may_not_know_is_told_after_a_restart(pair):
    pair.ends[0].put("a", "b", 1)
    pair.hand(lost=lambda pdu: isinstance(decode_pdu(pdu)[1], Finished))
    assert pair.is_there
    pair.restart(1)
    assert pair.ends[1].drain_indications() == []  # its outcome was told before
    pair.stores[1].files.clear()
    pair.go_on()
    assert pair.outcome.delivered
    assert pair.stores[1].files == {}  # it is not kept a second time
    assert pair.ends[1].kept() == ()


def test_a_cancelled_transaction_is_not_kept_by_its_sender_and_told_by_its_receiver(pair):
    first = pair.ends[0].put("a", "b", 1)
    pair.hand(2)
    pair.ends[1].cancel(first, pair.now)
    assert pair.ends[0].kept()
    (kept,) = pair.ends[1].kept()
    assert decode_pdu(kept.finished)[1].condition is ConditionCode.CANCELLED
    pair.restart(1)
    pair.go_on()
    assert pair.outcome.condition is ConditionCode.CANCELLED
    second = pair.ends[0].put("a", "c", 1)
    pair.hand(2)
    stage = pair.ends[0].stage
    pair.ends[0].cancel(second, pair.now)
    assert pair.ends[0].kept() == ()
    assert pair.ends[0].stage != stage


def test_class_1_is_not_kept(pair):
    pair.ends[0].put("a", "b", 1, acknowledged=False, closure=True)
    pair.hand(2)
    assert (pair.ends[0].kept(), pair.ends[1].kept()) == ((), ())


@pytest.mark.parametrize("gone", ["file", "content", "size"])
def test_a_file_that_is_not_as_it_was_does_not_go_on(pair, gone):
    pair.ends[0].put("a", "b", 1)
    pair.hand(5)
    pair.stores[0].files = {"file": {}, "content": {"a": bytes(len(CONTENT))}, "size": {"a": CONTENT[:100]}}[gone]
    with pytest.raises(OSError, match=r"no file|a is not as it was"):
        pair.restart(0)


@pytest.mark.parametrize("gone", ["part", "octets"])
def test_octets_received_that_are_gone_are_asked_for(pair, gone):
    pair.ends[0].put("a", "b", 1)
    pair.hand(5)
    (token,) = pair.stores[1].parts
    if gone == "part":
        pair.stores[1].parts.clear()
    else:
        del pair.stores[1].parts[token][-1]
    pair.restart(1)
    pair.go_on()
    assert pair.is_there


def test_few_ranges_are_kept_of_many(pair):
    pair.ends[0].put("a", "b", 1)
    lose = iter([False, True] * 50)
    pair.hand(5, lost=lambda pdu: isinstance(decode_pdu(pdu)[1], Nak) or next(lose))
    assert len(pair.ends[1].kept()[0].received) > 2
    kept = pair.ends[1].kept(2)
    assert len(kept[0].received) == 2
    pair.restart(1, kept)
    pair.go_on()
    assert pair.is_there


def test_what_was_damaged_is_no_transaction(pair):
    pair.ends[0].put("a", "b", 1)
    pair.hand(2)
    (sending,), (receiving,) = (end.kept() for end in pair.ends)
    fresh = Entity(1, MemoryStore(), SETTINGS)
    for damaged in (
        KeptSending(receiving.head, 0, 0),
        KeptSending(b"damaged", 0, 0),
        KeptReceiving(b""),
        receiving._replace(metadata=receiving.head),
        receiving._replace(eof=sending.metadata),
        receiving._replace(finished=b"\0"),
    ):
        with pytest.raises(DecodeError):
            fresh.restore(damaged, 0)
    assert fresh.transactions == ()


def test_a_restored_transaction_of_a_frozen_entity_waits(pair):
    pair.ends[0].put("a", "b", 1)
    pair.hand(5)
    (kept,) = pair.ends[1].kept()
    pair.ends[1] = Entity(1, pair.stores[1], SETTINGS)
    pair.ends[1].freeze(0)
    pair.ends[1].restore(kept, 0)
    assert pair.ends[1].pop_pdu(0) is None
    assert pair.ends[1].deadline_ns is None
    pair.ends[1].thaw(0)
    pair.go_on()
    assert pair.is_there


def test_a_store_that_refuses_is_asked_before_octets_come_for_nothing(pair):
    pair.stores[1].octets_max = 100
    pair.ends[0].put("a", "b", 1)
    pair.go_on()
    assert pair.outcome.condition is ConditionCode.FILESTORE_REJECTION
    assert len(pair.data_moved()) < 3
    assert not pair.stores[1].parts


SILENT = dict.fromkeys(
    (
        ConditionCode.POSITIVE_ACK_LIMIT, ConditionCode.NAK_LIMIT, ConditionCode.CHECK_LIMIT, ConditionCode.INACTIVITY,
    ),
    FaultHandler.SUSPEND,
)  # fmt: skip


def test_silence_suspends_both_ends_and_nothing_is_lost():
    patient = Settings(
        pdu_octets_max=128, ack_ms=100, ack_limit=3, nak_ms=100, nak_limit=3, inactivity_ms=500, handlers=SILENT
    )
    pair = Pair(patient)
    name = pair.ends[0].put("a", "b", 1)
    pair.hand(5)
    pair.go_on(30, lost=lambda pdu: True)
    assert all(any(isinstance(one, Suspended) for one in told) for told in pair.told)
    assert all(end.deadline_ns is None for end in pair.ends)
    for number in (0, 1):
        pair.restart(number)
    for end in pair.ends:
        end.resume(name, pair.now)  # which has no effect on what a restart resumed
    pair.go_on()
    assert pair.is_there


def test_a_receiver_that_forgot_ends_what_would_wait_for_ever():
    """Its answer is that of an entity that does not know the transaction."""
    pair = Pair(Settings(pdu_octets_max=128, ack_ms=100, handlers=SILENT))
    pair.ends[0].put("a", "b", 1)
    pair.hand(lost=lambda pdu: not isinstance(decode_pdu(pdu)[1], FileData))
    (kept,) = pair.ends[0].kept()
    header = replace(decode_pdu(kept.metadata)[0], toward_sender=True)
    for condition in (ConditionCode.NO_ERROR, ConditionCode.INACTIVITY):  # of EOF, and of EOF (cancel)
        answer = Ack(directive=Directive.EOF, condition=condition, status=TransactionStatus.UNRECOGNISED)
        pair.ends[0].accept(encode_pdu(header, answer), pair.now)
    pair.hand()
    assert pair.outcome.condition is ConditionCode.INACTIVITY
    assert pair.ends[0].transactions == ()


@given(st.integers(0, 2**32), st.sampled_from(list(ChecksumType)), st.integers(0, 3000))
def test_whatever_is_lost_and_whoever_restarts_the_file_arrives_whole(seed, kind, size):
    """What is kept is as old as a while; octets written after that are another's after the restart."""
    random = Random(seed)
    content = random.randbytes(size)
    pair = Pair(Settings(pdu_octets_max=100, ack_ms=100, nak_ms=100, check_ms=100, checksum=kind), content)
    pair.ends[0].put("a", "b", 1)
    pair.ends[0].kept()
    for _ in range(random.randrange(1, 6)):
        number, kept = random.randrange(2), None
        if random.random() < 0.5:
            kept = pair.ends[number].kept()
        pair.hand(random.randrange(1, 9), lost=lambda _: random.random() < 0.2)
        if pair.ends[1].transactions:
            pair.restart(number, kept or None)
        pair.now += random.randrange(0, 200) * MS
    pair.go_on(lost=lambda _: random.random() < 0.2)
    assert pair.stores[1].files == {"b": content}


def test_both_ends_know_what_an_open_transaction_carries(pair):
    one = pair.ends[0].put("a", "b", 1)
    pair.hand(3)
    for end in pair.ends:
        assert (end.source_name(one), end.destination_name(one), end.size(one)) == ("a", "b", len(CONTENT))


def test_what_is_not_known_yet_of_a_transaction_is_empty(pair):
    one = pair.ends[0].put("a", "b", 1)
    pair.hand(3, lost=lambda pdu: isinstance(decode_pdu(pdu)[1], Metadata))
    assert (pair.ends[1].source_name(one), pair.ends[1].destination_name(one), pair.ends[1].size(one)) == ("", "", 0)
