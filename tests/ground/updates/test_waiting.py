"""What sending an update says while it waits: a person is never left without a word."""

from types import SimpleNamespace

import pytest

from ground.errors import WaitError
from ground.updates.sending import UpdateSender
from hal.sim.clock import VirtualClock


class SilentService:
    """A ground service whose node tells nothing of updates; each look for news takes a second."""

    def __init__(self, clock, *, is_heard):
        self._clock, self._is_heard = clock, is_heard

    def subscribe(self, *_):
        pass

    def latest(self):
        return []

    def status(self):
        return SimpleNamespace(linked=self._is_heard)

    def news(self, seconds):
        self._clock.advance(round(seconds * 1e9))
        return iter(())


@pytest.mark.parametrize(("is_heard", "heard"), [(True, ""), (False, "the node is not heard; ")])
def test_what_is_waited_for_is_said_first(is_heard, heard):
    clock, said = VirtualClock(), []
    sender = UpdateSender(SilentService(clock, is_heard=is_heard), clock, "software", said.append, timeout_s=5)
    with pytest.raises(WaitError, match="waited 5 s in vain for the update status of software"):
        sender.free_slot()
    assert said == [f"{heard}waiting for the update status of software, if its mission has [update] for that"]
