"""The log of an app: each severity is an event of that severity, and no text is too long or unwritable."""

import pytest

from fsw.executive.sendable import check_sendable
from fsw.own.log import Log


@pytest.mark.parametrize("severity", ["info", "low", "medium", "high"])
def test_a_line_becomes_an_event_of_its_severity(severity):
    told = []
    getattr(Log("heater", told.append), severity)("too \udc80 cold " + "x" * 200)
    (event,) = told
    assert (event.__severity__, event.app, len(event.text)) == (severity, "heater", 120)
    assert event.text.startswith("too \\udc80 cold xxx")
    check_sendable(event)
