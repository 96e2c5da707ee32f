"""A recorder under packets, acknowledgements, deletions, failing calls and power cuts, beside a simple model."""

from pathlib import Path
from random import Random
from unittest.mock import patch

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from fsw.recorder.setting import SyncPolicy
from rig.world.disk import Disk
from rig.world.power import Power, PowerCut
from tests.fsw.recorded import FOLDER, START_NS, held, packet, played, recorder, setting

MS = 1_000_000
_STORE = setting(octets=1 << 24)


class Life(RuleBasedStateMachine):
    """`made`: the packets that may exist, by number; of those, `recorded` ones must, while they are not `over`."""

    @initialize(seed=st.integers(0, 1 << 20))
    def begin(self, seed):
        self.disk = Disk(Random(seed), Power())
        self.disk.make_folder(Path("/recorder"))
        self.disk.sync(Path("/"))
        self.made, self.recorded, self.over, self.told = {}, set(), set(), {}
        self.serial = self.now_ns = 0
        self.start()

    def start(self):
        policy = SyncPolicy(octets=4000, ms=1000, held_octets_max=6000)
        self.node = recorder(self.disk, _STORE, octets_max=1 << 26, policy=policy)
        self.store = self.node.stores[1]
        self.acknowledged = set()  # in this life: the disk may not have taken it

    def do(self, act):
        """Act; where the power fails meanwhile, begin the next life with what is left."""
        first = self.store.marks.next
        try:
            act()
        except (PowerCut, OSError) as error:
            if isinstance(error, PowerCut):
                self.take_numbers(first)
                self.restart()
                return
        self.take_numbers(first)
        self.recorded |= {number for number in self.made if number < self.store.durable}

    def take_numbers(self, first):
        for number, one in zip(range(first, self.store.marks.next), self.batch, strict=False):
            assert number not in self.recorded
            assert number not in self.told
            self.made[number] = one
        self.batch = []

    def restart(self):
        self.disk = self.disk.after_cut(Power())
        self.disk.failing = 0.0  # a start that cannot read what is there begins anew, which no rule here means
        self.start()
        there = held(self.store)
        assert self.recorded - self.over <= set(there)
        assert there.items() <= self.made.items()
        self.made = there
        self.recorded &= set(there)

    batch = ()

    @rule(sizes=st.lists(st.integers(0, 1500), min_size=1, max_size=6))
    def accept(self, sizes):
        self.batch = [packet(self.serial + at, size) for at, size in enumerate(sizes)]
        self.serial += len(sizes)
        self.do(lambda: self.node.accept(self.batch, self.now_ns))

    @rule(ms=st.integers(1, 2000))
    def pass_time(self, ms):
        self.now_ns += ms * MS
        self.do(lambda: self.node.step(self.now_ns))

    @precondition(lambda self: self.recorded)
    @rule(data=st.data())
    def acknowledge(self, data):
        first = data.draw(st.sampled_from(sorted(self.recorded)))
        end = first + data.draw(st.integers(1, 9))
        meant = {number for number in self.made if first <= number < end}
        self.over |= meant
        self.acknowledged |= set(range(first, min(end, self.store.durable)))
        self.do(lambda: self.store.marks.acknowledge([(first, min(end, self.store.durable))]))

    @precondition(lambda self: self.recorded)
    @rule(data=st.data())
    def delete(self, data):
        utc_ns = self.made[data.draw(st.sampled_from(sorted(self.recorded)))][1]
        self.over |= {number for number in self.made if self.made[number][1] <= utc_ns}
        self.do(lambda: self.store.delete_up_to(utc_ns, self.now_ns))

    @rule(probability=st.sampled_from([0.0, 0.3, 1.0]))
    def let_calls_fail(self, probability):
        self.disk.failing = probability

    @rule(calls=st.integers(1, 6))
    def let_the_power_fail_soon(self, calls):
        self.disk.cut_after = calls

    @rule()
    def cut_the_power(self):
        self.disk.failing = 0.0
        self.restart()

    @precondition(lambda self: not self.disk.failing)
    @rule(octets_max=st.integers(1, 4000))
    def play(self, octets_max):
        """Exactly what is recorded and neither acknowledged nor deleted goes down, each number for one packet."""
        self.node.retrievals[1].resume(self.now_ns)
        found = played(self.node, self.now_ns, octets_max)
        numbers = [number for number, _ in found]
        assert numbers == sorted(set(numbers))
        assert self.recorded - self.over <= set(numbers)
        assert not self.acknowledged & set(numbers)
        assert set(numbers) <= set(self.made)
        for number, one in found:
            assert self.told.setdefault(number, one) == one == self.made[number]

    @invariant()
    def nothing_is_refused_without_a_fault(self):
        assert not self.store.refused or self.store.failures


Life.TestCase.settings = settings(max_examples=60, stateful_step_count=40)


class TestLife(Life.TestCase):
    """Starts look at the ends of segments that are not as long as elsewhere, as no life here makes long ones."""

    def setUp(self):
        super().setUp()
        shorter = patch("fsw.recorder.packet_store._LONG_OCTETS", 2048)
        shorter.start()
        self.addCleanup(shorter.stop)


def test_the_machine_means_what_it_says():
    """Its folder is the recorder's, and its packets come in order of time."""
    assert Path("/recorder") == FOLDER
    assert [packet(number)[1] - START_NS for number in (0, 1)] == [0, 1_000 * MS]
