"""Floods over restarts: who used up its share begins the next life with none."""

import errno
from pathlib import Path

import pytest

from fsw.executive.bus import Bus
from fsw.executive.executive import Executive, Throttled
from fsw.executive.floods import FLOODS_OCTETS_MAX, SENDERS_MAX, Flooded, Floods
from fsw.store.durable import Durable
from hal.sim.clock import VirtualClock
from link.dictionary import Event
from tests.hal.recording_medium import RecordingMedium

SECOND = 1_000_000_000


class Chatter(Event, id=0xF0):
    """Words."""


def record(medium):
    return Durable(Path("/state/memory"), "floods", Flooded(), FLOODS_OCTETS_MAX, medium)


def heard_in_a_life(medium, events, seconds_before=0.0, name="talker"):
    """How many of `events` published at once go down, and how often it is reported that the rest do not."""
    clock, bus = VirtualClock(), Bus()
    queue = bus.subscribe(object, "spy", capacity=1000, policy="drop_old")
    executive = Executive(clock, bus, floods=Floods(record(medium)))
    clock.advance(int(seconds_before * SECOND))
    for _ in range(events):
        executive.report(name, Chatter())
    told = list(queue.drain())
    return sum(isinstance(one, Chatter) for one in told), sum(isinstance(one, Throttled) for one in told)


@pytest.mark.requirement("FSW-EXE-010")
def test_a_node_that_restarts_again_and_again_floods_no_link_anew():
    medium = RecordingMedium()
    assert heard_in_a_life(medium, 100) == (32, 1)
    for _ in range(3):
        assert heard_in_a_life(medium, 100) == (0, 1)


def test_who_is_calm_has_a_whole_share_again():
    medium = RecordingMedium()
    heard_in_a_life(medium, 100)
    assert heard_in_a_life(medium, 10, seconds_before=10) == (10, 0)
    assert heard_in_a_life(medium, 40) == (32, 1)


def test_others_lose_nothing_by_it():
    medium = RecordingMedium()
    heard_in_a_life(medium, 100)
    assert heard_in_a_life(medium, 10, name="another") == (10, 0)


def test_what_is_remembered_is_bounded():
    medium = RecordingMedium()
    floods = Floods(record(medium))
    for number in range(2 * SENDERS_MAX):
        floods.note((f"{number}" + "\N{WATER WAVE}" * 100, "\N{WATER WAVE}" * 100))
    assert len(Floods(record(medium)).earlier) == SENDERS_MAX


def test_on_a_failing_medium_it_flies_all_the_same():
    def fail(call, path):
        raise OSError(errno.EIO, "failing")

    medium = RecordingMedium()
    heard_in_a_life(medium, 100)
    medium.fail = lambda call, path: fail(call, path) if call == "overwrite" else None
    floods = Floods(record(medium))
    floods.note(("another", "Chatter"))
    assert (floods.earlier, floods.record.failed) == ((("talker", "Chatter"),), 2)


def test_who_is_known_costs_no_write():
    medium = RecordingMedium()
    floods = Floods(record(medium))
    floods.note(("talker", "Chatter"))
    calls = len(medium.calls)
    floods.note(("talker", "Chatter"))
    assert (len(medium.calls), floods.record.value.senders) == (calls, (("talker", "Chatter"),))
