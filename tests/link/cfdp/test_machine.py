"""Hypothesis plays operator, link and clock. Safety: what is delivered is the file, each end hears at most one outcome,
none contradicts the other. Liveness: once the channel is good again, everything ends."""

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from link.cfdp import Abandoned, ConditionCode, Entity, MemoryStore, Settings, TransactionFinished
from tests.examples import examples

MS = 1_000_000
sides = st.sampled_from([0, 1])


class Link(RuleBasedStateMachine):
    """Two entities; PDUs on their way lie in a heap from which any may be taken, dropped or copied."""

    @initialize(immediate=st.booleans(), gaps_max=st.sampled_from([1, 100]), crc=st.booleans())
    def begin(self, immediate, gaps_max, crc):
        self.now_ns = 0
        parameters = Settings(
            pdu_octets_max=64, immediate_nak=immediate, gaps_max=gaps_max, crc=crc, ack_ms=10, nak_ms=10, check_ms=10,
            ack_limit=4, nak_limit=4, check_limit=4, inactivity_ms=1_000,
        )  # fmt: skip
        self.stores = [MemoryStore(), MemoryStore()]
        self.ends = [Entity(side, store, parameters) for side, store in enumerate(self.stores)]
        self.flying = [[], []]
        self.files, self.outcomes = {}, [{}, {}]
        self.cancelled, self.frozen = set(), [False, False]

    @rule(side=sides, content=st.binary(max_size=200), acknowledged=st.booleans(), closure=st.booleans())
    def put(self, side, content, acknowledged, closure):
        name = f"{len(self.files)}"
        self.stores[side].files[name] = content
        transaction = self.ends[side].put(name, f"copy {name}", 1 - side, acknowledged=acknowledged, closure=closure)
        self.files[transaction] = (name, content)

    @rule(side=sides, count=st.integers(1, 8))
    def pull(self, side, count):
        for _ in range(count):
            octets = self.ends[side].pop_pdu(self.now_ns)
            if octets is None:
                break
            assert not self.frozen[side]
            self.flying[1 - side].append(octets)
        self.listen()

    @rule(side=sides, count=st.integers(1, 8))
    def arrive(self, side, count):
        arriving, self.flying[side] = self.flying[side][:count], self.flying[side][count:]
        for octets in arriving:
            self.ends[side].accept(octets, self.now_ns)
        self.listen()

    @precondition(lambda self: any(self.flying))
    @rule(data=st.data(), side=sides, what=st.sampled_from(["lose", "repeat", "overtake"]))
    def disturb(self, data, side, what):
        heap = self.flying[side]
        if not heap:
            return
        octets = heap.pop(data.draw(st.integers(0, len(heap) - 1)))
        if what == "repeat":
            heap += [octets, octets]
        if what == "overtake":
            heap.insert(0, octets)

    @rule(ms=st.integers(1, 30))
    def wait(self, ms):
        self.now_ns += ms * MS
        for end in self.ends:
            end.step(self.now_ns)
        self.listen()

    @precondition(lambda self: any(end.transactions for end in self.ends))
    @rule(data=st.data(), side=sides, what=st.sampled_from(["cancel", "suspend", "resume"]))
    def operate(self, data, side, what):
        end = self.ends[side]
        if end.transactions:
            transaction = data.draw(st.sampled_from(end.transactions))
            getattr(end, what)(transaction, self.now_ns)
            self.cancelled |= {transaction} if what == "cancel" else set()
        self.listen()

    @rule(side=sides)
    def freeze_or_thaw(self, side):
        self.frozen[side] = not self.frozen[side]
        end = self.ends[side]
        (end.freeze if self.frozen[side] else end.thaw)(self.now_ns)

    def listen(self):
        for end, outcomes in zip(self.ends, self.outcomes, strict=True):
            for indication in end.drain_indications():
                if isinstance(indication, TransactionFinished):
                    assert indication.transaction not in outcomes
                    outcomes[indication.transaction] = indication
                if isinstance(indication, Abandoned):
                    outcomes.setdefault(indication.transaction, None)

    @invariant()
    def what_is_delivered_is_the_file(self):
        for (source, _), (name, content) in getattr(self, "files", {}).items():
            assert self.stores[1 - source].files.get(f"copy {name}", content) == content

    @invariant()
    def who_says_delivered_is_right(self):
        for outcomes in getattr(self, "outcomes", []):
            for transaction, end in outcomes.items():
                name, _ = self.files[transaction]
                if end and end.delivered:
                    assert f"copy {name}" in self.stores[1 - transaction.source].files

    @invariant()
    def cancelled_is_only_what_was_cancelled(self):
        for outcomes in getattr(self, "outcomes", []):
            for transaction, end in outcomes.items():
                if end and end.condition is ConditionCode.CANCELLED:
                    assert transaction in self.cancelled

    def teardown(self):
        if not hasattr(self, "ends"):
            return
        for side, end in enumerate(self.ends):
            if self.frozen[side]:
                self.freeze_or_thaw(side)
            for transaction in end.transactions:
                end.resume(transaction, self.now_ns)
        for _ in range(400):
            for side in (0, 1):
                self.pull(side, count=1_000)
                self.arrive(1 - side, count=1_000)
            self.wait(ms=10)
        assert [end.transactions for end in self.ends] == [(), ()]
        assert set(self.files) == set(self.outcomes[0]) | set(self.outcomes[1])


@pytest.mark.slow
class TestLinkForLong(Link.TestCase):
    settings = settings(max_examples=1_000, stateful_step_count=60, deadline=None)


TestLink = Link.TestCase
TestLink.settings = examples(40, stateful_step_count=40)
