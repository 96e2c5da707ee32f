"""Both ends over a channel that loses, repeats and delays. Safety: accepted in order, at most once, and whatever is
confirmed was accepted. Liveness: when the channel is good again, everything comes through."""

from collections import deque

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from link.cop1 import Farm, Fop, FopDirective, FopState, Response, Transfer, Verdict
from link.frames.tc import UNLOCK, TcFrame
from link.managed import Managed, TmChannel
from tests.examples import examples

MS = 1_000_000
CHANNEL = 5
copies = st.sampled_from([0, 1, 1, 2])  # lost, through, repeated


def managed(window=16):
    return Managed(
        spacecraft_id=42, tm_channels=(TmChannel(name="live", vc=0),), tc_channel=CHANNEL, farm_window=window
    )


class Uplink(RuleBasedStateMachine):
    """Data units are numbers, sent in order, never twice by the user."""

    @initialize(window=st.sampled_from([2, 4, 16, 254]), timeout_type=st.integers(0, 1), limit=st.integers(1, 4))
    def begin(self, window, timeout_type, limit):
        self.now_ns = 0
        parameters = managed(window)
        self.fop = Fop(parameters, t1_ms=100, transmission_limit=limit, timeout_type=timeout_type)
        self.farm = Farm(window, 0)
        self.up, self.down = deque(), deque()
        self.sent = 0
        self.accepted, self.confirmed, self.ended = [], [], set()
        self.down_since = None
        self.fop.directive(FopDirective.INITIATE_SET_VR, 0, 0)

    @rule(count=st.integers(1, 6))
    def send(self, count):
        for _ in range(count):
            if self.fop.ready:
                assert self.fop.send(self.sent.to_bytes(2), self.now_ns, tag=self.sent)
                self.sent += 1

    @rule(data=st.data())
    def transmit(self, data):
        for frame in self.fop.drain_frames(self.now_ns):
            self.up.extend([frame] * data.draw(copies))

    @rule()
    def arrive(self):
        while self.up:
            self.receive(self.up.popleft())

    @precondition(lambda self: self.up)
    @rule()
    def arrive_one(self):
        self.receive(self.up.popleft())

    def receive(self, frame):
        if self.farm.accept(frame) is Verdict.ACCEPT and not frame.control:
            self.accepted.append(int.from_bytes(frame.data))

    @rule(number=copies)
    def report(self, number):
        self.down.extend([self.farm.clcw(CHANNEL)] * number)

    @precondition(lambda self: self.down)
    @rule()
    def hear(self):
        self.fop.accept(self.down.popleft(), self.now_ns)
        self.listen()

    @rule(ms=st.integers(1, 150))
    def wait(self, ms):
        self.now_ns += ms * MS
        self.fop.step(self.now_ns)
        self.listen()

    @rule()
    def hold(self):
        self.farm.hold()

    @rule()
    def release(self):
        self.farm.release()

    @precondition(lambda self: self.fop.state is FopState.INITIAL)
    @rule()
    def begin_again(self):
        """As an operator would: what is on its way has arrived or is lost, then the FARM is set to where we are."""
        self.arrive()
        self.down.clear()
        if self.farm.lockout:
            self.receive(self.unlock())
        if not self.fop.directive(FopDirective.RESUME, self.now_ns):
            assert self.fop.directive(FopDirective.INITIATE_SET_VR, self.now_ns, self.fop.vs)
        self.listen()

    def unlock(self):
        return TcFrame(spacecraft_id=42, channel=CHANNEL, sequence=0, data=UNLOCK, bypass=True, control=True)

    def listen(self):
        for notice in self.fop.drain_notices():
            match notice:
                case Transfer(tag, Response.CONFIRMED):
                    self.confirmed.append(tag)
                    self.end(tag)
                case Transfer(tag, Response.FAILED | Response.REJECTED):
                    self.end(tag)

    def end(self, tag):
        assert tag not in self.ended
        self.ended.add(tag)

    @invariant()
    def in_order_exactly_once(self):
        if hasattr(self, "fop"):
            assert self.accepted == sorted(set(self.accepted))
            assert set(self.confirmed) <= set(self.accepted)

    def teardown(self):
        """A good channel: what is still open gets through or is given up, and what is sent from now on gets through."""
        if not hasattr(self, "fop"):
            return
        self.farm.release()
        self.fop.directive(FopDirective.SET_TRANSMISSION_LIMIT, self.now_ns, 255)
        self.calm(rounds=60)
        assert self.fop.unacknowledged == 0
        assert self.ended == set(range(self.sent))
        self.send(count=1)
        self.calm(rounds=3)
        assert self.confirmed[-1] == self.accepted[-1] == self.sent - 1

    def calm(self, rounds):
        for _ in range(rounds):
            if self.fop.state is FopState.INITIAL:
                self.begin_again()
            self.up.extend(self.fop.drain_frames(self.now_ns))
            self.arrive()
            self.report(number=1)
            while self.down:
                self.hear()
            self.wait(ms=10)


@pytest.mark.slow
class TestUplinkForLong(Uplink.TestCase):
    settings = settings(max_examples=2_000, stateful_step_count=60, deadline=None)


TestUplink = Uplink.TestCase
TestUplink.settings = examples(60, stateful_step_count=40)
