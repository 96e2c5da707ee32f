"""Live against cfdp-py in virtual time, in both roles, with 30 % loss, repetition and reordering: both end clean."""

import heapq
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from link.cfdp import (
    Abandoned,
    ChecksumType,
    ConditionCode,
    DeliveryCode,
    Entity,
    FaultIndication,
    MemoryStore,
    Settings,
    TransactionFinished,
)

pytest.importorskip("cfdppy")
from benchmarks.peer_cfdp_py import Peer

MS = 1_000_000
SEGMENT_OCTETS = 1024
OURS, THEIRS = 1, 2


class Pair:
    """Our entity, theirs, and the channel between them."""

    def __init__(self, seed, monkeypatch, loss):
        self.dice, self.loss, self.now_ns = random.Random(f"{seed}/peer"), loss, 0
        monkeypatch.setattr("spacepackets.countdown.time_ms", lambda: self.now_ns // MS)
        crc = self.dice.random() < 0.5
        settings = Settings(
            ack_ms=1_000, nak_ms=1_000, checksum=ChecksumType.CRC32, pdu_octets_max=SEGMENT_OCTETS + 16, crc=crc,
            immediate_nak=self.dice.random() < 0.5,
        )  # fmt: skip
        self.content = self.dice.randbytes(self.dice.choice([1, 5_000, 40_000]))
        self.store = MemoryStore(f=self.content)
        self.ours, self.theirs = Entity(OURS, self.store, settings), Peer(THEIRS, OURS, crc=crc)
        self.told = []
        self._flying, self._count = [], 0

    def run(self):
        while self.ours.transactions or self.theirs.busy or self._flying:
            assert self.now_ns < 600_000 * MS
            moved = [self.fly(*sent) for sent in self.sent()]
            self.now_ns += 2 * MS if moved or not self._flying else max(MS, self._flying[0][0] - self.now_ns)
            self.told += self.ours.drain_indications()

    def sent(self) -> Iterator[tuple[int, bytes]]:
        while self._flying and self._flying[0][0] <= self.now_ns:
            _, _, to, octets = heapq.heappop(self._flying)
            if to == OURS:
                self.ours.accept(octets, self.now_ns)
            else:
                yield from ((OURS, answer) for answer in self.theirs.accept(octets))
        if octets := self.ours.pop_pdu(self.now_ns):
            yield THEIRS, octets
        yield from ((OURS, octets) for octets in self.theirs.drain())

    def fly(self, to, octets):
        for _ in range((self.dice.random() >= self.loss) * (1 + (self.dice.random() < self.loss / 3))):
            self._count += 1
            late_ms = self.dice.randint(1, 40) if self.loss else 1
            heapq.heappush(self._flying, (self.now_ns + late_ms * MS, self._count, to, octets))

    def assert_clean(self):
        (ours,) = [i for i in self.told if isinstance(i, TransactionFinished | FaultIndication | Abandoned)]
        assert ours.delivered
        assert self.theirs.user.ended == [(ConditionCode.NO_ERROR, DeliveryCode.COMPLETE)]
        assert self.theirs.faults.seen == []


@pytest.mark.parametrize("loss", [0, 0.3])
@pytest.mark.parametrize("seed", range(25))
def test_we_send(seed, loss, monkeypatch, tmp_path):
    pair = Pair(seed, monkeypatch, loss)
    pair.ours.put("f", str(tmp_path / "g"), THEIRS)
    pair.run()
    pair.assert_clean()
    assert (tmp_path / "g").read_bytes() == pair.content


@pytest.mark.parametrize("loss", [0, 0.3])
@pytest.mark.parametrize("seed", range(25))
def test_we_receive(seed, loss, monkeypatch, tmp_path):
    pair = Pair(seed, monkeypatch, loss)
    (tmp_path / "f").write_bytes(pair.content)
    pair.theirs.put(tmp_path / "f", Path("g"), OURS)
    pair.run()
    pair.assert_clean()
    assert pair.store.files["g"] == pair.content


@pytest.mark.parametrize("acknowledged", [True, False])
def test_we_cancel(acknowledged, monkeypatch, tmp_path):
    pair = Pair(0, monkeypatch, 0)
    name = pair.ours.put("f", str(tmp_path / "g"), THEIRS, acknowledged=acknowledged)
    for to, octets in [*pair.sent()]:
        pair.fly(to, octets)
    pair.ours.cancel(name, pair.now_ns)
    pair.run()
    assert pair.store.files.keys() == {"f"}
    assert [condition for condition, _ in pair.theirs.user.ended] == [ConditionCode.CANCELLED]
