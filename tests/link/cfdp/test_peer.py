"""Live against cfdp-py in virtual time, in both roles, with 30 % loss, repetition and reordering: both end clean.

Also where our end is suspended for seconds, the link is gone, or our end forgets all that it did not store.
"""

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
        self.settings = Settings(
            ack_ms=1_000, nak_ms=1_000, checksum=ChecksumType.CRC32, pdu_octets_max=SEGMENT_OCTETS + 16, crc=crc,
            immediate_nak=self.dice.random() < 0.5,
        )  # fmt: skip
        self.content = self.dice.randbytes(self.dice.choice([1, 5_000, 40_000]))
        self.store = MemoryStore(f=self.content)
        self.ours, self.theirs = Entity(OURS, self.store, self.settings), Peer(THEIRS, OURS, crc=crc)
        self.told = []
        self._flying, self._count = [], 0

    def run(self, *happenings):
        """Until all have ended. `happenings`: times in ms, and what happens then, in order."""
        waiting = list(happenings)
        while self.ours.transactions or self.theirs.busy or self._flying or waiting:
            assert self.now_ns < 600_000 * MS
            while waiting and waiting[0][0] * MS <= self.now_ns:
                waiting.pop(0)[1]()
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

    def each(self, act):
        for name in self.ours.transactions:
            act(name, self.now_ns)

    def restart(self):
        kept = self.ours.kept()
        self.ours = Entity(OURS, self.store, self.settings, first_sequence=1000)
        for one in kept:
            self.ours.restore(one, self.now_ns)

    def happenings(self, name, ms):
        """What ends well although it stops our end for seconds, or makes it forget what it did not store."""
        pause = {
            "suspended": (lambda: self.each(self.ours.suspend), lambda: self.each(self.ours.resume)),
            "no link": (lambda: self.ours.freeze(self.now_ns), lambda: self.ours.thaw(self.now_ns)),
        }
        if name == "restart":
            return [(ms, self.restart)]
        return [(ms, pause[name][0]), (ms + 7_000, pause[name][1])]

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


@pytest.mark.parametrize("happening", ["suspended", "no link", "restart"])
@pytest.mark.parametrize(("seed", "ms"), [(1, 20), (2, 110), (3, 150), (4, 1500)])
def test_we_go_on(seed, ms, happening, monkeypatch, tmp_path):
    pair = Pair(seed, monkeypatch, 0.25)
    pair.content = pair.store.files["f"] = pair.dice.randbytes(60_000)
    pair.ours.put("f", str(tmp_path / "g"), THEIRS)
    pair.run(*pair.happenings(happening, ms))
    pair.assert_clean()
    assert (tmp_path / "g").read_bytes() == pair.content
    (tmp_path / "f").write_bytes(pair.content)
    back = Pair(seed, monkeypatch, 0.25)
    back.theirs.put(tmp_path / "f", Path("g"), OURS)
    back.run(*back.happenings(happening, ms))
    back.assert_clean()
    assert back.store.files["g"] == pair.content


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
