"""Service 5: events can be silenced one by one."""

import pytest

from fsw.pus.events import EventControl
from link.pus.services.events import DisabledEvents, DisableEvents, EnableEvents, ReportDisabled
from link.pus.services.verification import RefusedError


@pytest.mark.requirement("FSW-PUS-006")
def test_events_are_silenced_and_heard_again():
    control = EventControl({1, 2, 3})
    assert control.allows(2)
    assert list(control.handle(DisableEvents(events=[3, 2]))) == []
    assert [control.allows(event) for event in (1, 2, 3)] == [True, False, False]
    assert list(control.handle(ReportDisabled())) == [DisabledEvents(events=[2, 3])]
    list(control.handle(EnableEvents(events=[2])))
    assert control.allows(2)


def test_an_unknown_event_does_not_keep_the_others_back():
    control = EventControl({1})
    with pytest.raises(RefusedError, match="instruction 1: no event 9"):
        list(control.handle(DisableEvents(events=[9, 1])))
    assert not control.allows(1)
