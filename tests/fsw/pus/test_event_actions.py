"""Service 19: an event releases its request while both the action and the function are enabled."""

import pytest

from fsw.pus.event_actions import EventActions
from link.pus.packets import TcPacket
from link.pus.services.event_actions import (
    ActionReport,
    AddAction,
    DeleteActions,
    DeleteAllActions,
    DisableActing,
    DisableActions,
    EnableActing,
    EnableActions,
    EventReference,
    ReportActions,
    ReportActionStatuses,
)
from link.pus.services.verification import RefusedError

PING = TcPacket(apid=5, count=0, service=17, subtype=1).encode()
EVENT = EventReference(apid=5, event=7)
ADD = AddAction(apid=5, event=7, request=PING)


def done(actions, *requests):
    return [report for request in requests for report in actions.handle(type(request).decode(request.encode()))]


def made(**said):
    actions = EventActions(**said)
    done(actions, ADD)
    return actions


@pytest.mark.requirement("FSW-PUS-017")
def test_both_switches_have_to_be_on():
    actions = made()
    assert actions.packet_for(5, 7) is None
    done(actions, EnableActions(events=[EVENT]))
    assert actions.packet_for(5, 7) is None
    done(actions, EnableActing())
    assert actions.packet_for(5, 7) == PING
    assert actions.packet_for(5, 8) is None
    done(actions, DisableActions(events=[EVENT]))
    assert actions.packet_for(5, 7) is None
    done(actions, EnableActions(events=[EVENT]), DisableActions(events=[]))
    assert actions.packet_for(5, 7) is None
    done(actions, EnableActions(events=[]), DisableActing())
    assert actions.packet_for(5, 7) is None


def test_reports():
    actions = made()
    (statuses,) = done(actions, ReportActionStatuses())
    assert [(one.event, one.enabled) for one in statuses.statuses] == [(EVENT, False)]
    assert done(actions, ReportActions(events=[EVENT])) == [
        ActionReport(apid=5, event=7, enabled=False, request=PING)]  # fmt: skip


def test_deleting():
    actions = made()
    done(actions, DeleteActions(events=[EVENT]))
    with pytest.raises(RefusedError, match="no action for event 7 of 5"):
        done(actions, ReportActions(events=[EVENT]))
    done(actions, ADD, EnableActing(), DeleteAllActions())
    assert (actions.enabled, actions.packet_for(5, 7)) == (False, None)


def test_what_cannot_be_is_refused():
    actions = made(capacity=1)
    done(actions, EnableActions(events=[EVENT]))
    for request, sentence in [
        (ADD, "the action of event 7 is enabled"),
        (DeleteActions(events=[EVENT]), "the action of event 7 is enabled"),
        (AddAction(apid=5, event=8, request=PING), "1 actions exist, no more fit"),
        (EnableActions(events=[EventReference(apid=6, event=7)]), "no action for event 7 of 6"),
    ]:
        with pytest.raises(RefusedError, match=sentence):
            done(actions, request)
    with pytest.raises(RefusedError, match="checksum"):
        done(made(), AddAction(apid=5, event=7, request=PING[:-1] + b"x"))
