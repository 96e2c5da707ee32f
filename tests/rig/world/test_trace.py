"""A trace: whatever differs between two runs, their hashes differ."""

import pytest

from rig.world.trace import Trace


def traced(*events):
    trace = Trace()
    for event in events:
        trace.note(*event)
    return trace.digest


@pytest.mark.parametrize(
    "other",
    [
        [(1, "up", b"abc")],
        [(0, "down", b"abc")],
        [(0, "up", b"abd")],
        [(0, "up", b"abc"), (0, "up", b"")],
    ],
)
def test_another_event_gives_another_hash(other):
    assert traced((0, "up", b"abc")) == traced((0, "up", "abc"))
    assert traced((0, "up", b"abc")) != traced(*other)


def test_events_are_counted_and_told_as_lines():
    lines = []
    trace = Trace(lines.append)
    trace.note(1_500_000_000, "up", b"\x01\xff")
    trace.note(2_000_000_000, "order", "caf\udce9")  # a name that is no UTF-8
    assert lines == ["      1.500000 up       01ff", "      2.000000 order    caf\udce9"]
    assert trace.events == 2
