"""What silence has suspended goes on at the next sign of the other end, or to look for one after a rest."""

import pytest

from link.cfdp import Abandoned, ConditionCode, Entity, MemoryStore, Settings, Suspended
from link.cfdp.silence import WAIT_FOR_OTHER_END, Silences

MS = 1_000_000


class Lonely:
    """An entity that nobody answers, stepped until it has suspended its transfer."""

    def __init__(self):
        settings = Settings(ack_ms=100, ack_limit=2, handlers=WAIT_FOR_OTHER_END)
        self.entity = Entity(1, MemoryStore(a=b"abc"), settings)
        self.silences, self.now = Silences(self.entity, rest_ms=5000), 0
        self.name = self.entity.put("a", "a", 2)
        self.wait()

    def wait(self):
        while self.entity.deadline_ns is not None or self.entity.pop_pdu(self.now):
            while self.entity.pop_pdu(self.now):
                pass
            self.now = self.entity.deadline_ns or self.now
        for indication in self.entity.drain_indications():
            self.silences.accept(indication, self.now)


@pytest.fixture
def lonely():
    return Lonely()


def test_it_rests_and_tries_again(lonely):
    assert lonely.silences.deadline_ns == lonely.now + 5000 * MS
    lonely.silences.step(lonely.now)
    assert lonely.entity.pop_pdu(lonely.now) is None
    lonely.now = lonely.silences.deadline_ns
    lonely.silences.step(lonely.now)
    assert lonely.silences.deadline_ns is None
    assert lonely.entity.pop_pdu(lonely.now)


def test_a_sign_of_the_other_end_lets_it_go_on_at_once(lonely):
    lonely.silences.resume(lonely.now)
    assert lonely.silences.deadline_ns is None
    assert lonely.entity.pop_pdu(lonely.now)


def test_what_has_ended_does_not_go_on(lonely):
    lonely.entity.cancel(lonely.name, lonely.now)
    lonely.wait()
    lonely.entity._open.clear()
    lonely.silences.resume(lonely.now)
    lonely.silences.accept(Suspended(lonely.name, ConditionCode.NAK_LIMIT), lonely.now)
    lonely.silences.accept(Abandoned(lonely.name, ConditionCode.NAK_LIMIT, 0), lonely.now)
    assert lonely.silences.deadline_ns is None


def test_what_somebody_suspended_waits_for_somebody(lonely):
    lonely.silences.resume(lonely.now)
    lonely.silences.accept(Suspended(lonely.name, ConditionCode.SUSPENDED), lonely.now)
    assert lonely.silences.deadline_ns is None
