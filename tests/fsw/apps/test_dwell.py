"""Dwell: a parameter is sampled at its rate, so often, and never more than the link is to carry."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsw.apps.dwell import Dwell, DwellEnded, DwellSample
from fsw.pus.parameters import Parameters
from hal.sim.clock import EPOCH_UTC_NS, VirtualClock
from link.dictionary import Int16ub
from link.dictionary.kinds import Counted, Text
from link.dictionary.model import Field, ParameterEntry, ReportEntry
from link.pus.services.parameters import ParameterTable
from link.pus.services.verification import RefusedError

MS = 1_000_000


class Tank:
    level = 3
    label = "full"


def parameter(number, name, kind=Int16ub):
    return ParameterEntry(id=number, name=f"tank.{name}", field=Field(name=name, kind=kind), text="")


def dwell():
    entries = [parameter(1, "level"), parameter(2, "label", Text(Counted(8)))]
    entries += [parameter(number, f"spare{number}") for number in range(10, 20)]
    structure = ReportEntry(id=1, name="Level", fields=(Field(name="depth", kind=Int16ub),), text="")
    entries.append(ParameterEntry(id=256, name="Level.depth", field=structure.fields[0], text=""))
    tank = Tank()
    for number in range(10, 20):
        setattr(tank, f"spare{number}", number)
    clock = VirtualClock()
    return Dwell(Parameters(ParameterTable(entries), {"tank": tank}, [structure]), clock), tank, clock


def run(app, clock, until_ns):
    """What the app reports until then, stepped when it says that it is due."""
    found = []
    while app.due_ns is not None and app.due_ns <= until_ns:
        clock.wait(app.due_ns)
        found += app.step(clock.monotonic_ns())
    clock.wait(until_ns)
    return found


@pytest.mark.requirement("FSW-PUS-005")
def test_a_parameter_is_sampled_so_often_and_then_no_more():
    app, tank, clock = dwell()
    app.watch("tank.level", 100, 5)
    first = run(app, clock, 200 * MS)
    tank.level = 9
    found = first + run(app, clock, 1000 * MS)
    samples, (ended,) = found[:5], found[5:]
    assert [one.value for one in samples] == [3.0, 3.0, 3.0, 9.0, 9.0]
    assert [one.number for one in samples] == [0, 1, 2, 3, 4]
    assert [one.taken - EPOCH_UTC_NS for one in samples] == [number * 100 * MS for number in range(5)]
    assert {one.parameter for one in samples} == {1}
    assert ended == DwellEnded(parameter="tank.level", samples=5, reason="all samples were taken")
    assert app.due_ns is None


@given(st.integers(10, 500), st.integers(1, 20), st.integers(0, 3000))
def test_samples_that_were_missed_leave_a_gap_in_their_numbers(period_ms, samples, late_ms):
    app, _, clock = dwell()
    app.watch("tank.level", period_ms, samples)
    clock.advance(late_ms * MS)
    (sample, *_) = app.step(clock.monotonic_ns())
    assert sample.number == late_ms // period_ms
    assert app.due_ns is None or clock.monotonic_ns() < app.due_ns <= clock.monotonic_ns() + period_ms * MS
    found = run(app, clock, clock.monotonic_ns() + period_ms * samples * MS)
    numbers = [one.number for one in [sample, *found] if isinstance(one, DwellSample)]
    assert numbers == list(range(numbers[0], numbers[0] + samples))


def test_a_watch_begins_anew_and_is_stopped():
    app, _, clock = dwell()
    app.watch("tank.level", 100, 1000)
    run(app, clock, 500 * MS)
    app.watch("tank.level", 1000, 1000)
    assert [one.number for one in run(app, clock, 2600 * MS)] == [0, 1, 2]
    assert list(app.stop("tank.level")) == [DwellEnded(parameter="tank.level", samples=3, reason="as was asked")]
    assert app.due_ns is None
    with pytest.raises(ValueError, match=r"tank\.level is not watched"):
        list(app.stop("tank.level"))
    assert list(app.step(clock.monotonic_ns())) == []


def test_what_is_not_due_waits():
    app, _, clock = dwell()
    app.watch("tank.level", 100, 1000)
    app.watch("tank.spare10", 1000, 1000)
    assert [one.parameter for one in run(app, clock, 350 * MS)] == [1, 10, 1, 1, 1]


def test_a_value_is_reported_at_once():
    app, _, clock = dwell()
    clock.advance(5)
    assert list(app.peek("tank.level")) == [DwellSample(parameter=1, number=0, value=3.0, taken=EPOCH_UTC_NS + 5)]


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("tank.levle", "no parameter is called tank.levle; did you mean tank.level"),
        ("tank.label", "parameter 2 is no number"),
        ("Level.depth", "structure 1 was not sampled yet"),
    ],
)
def test_what_has_no_number_is_refused(name, sentence):
    app, _, _ = dwell()
    with pytest.raises((ValueError, RefusedError), match=sentence):
        app.watch(name, 100, 1)
    with pytest.raises((ValueError, RefusedError), match=sentence):
        list(app.peek(name))
    assert app.due_ns is None


def test_a_parameter_that_loses_its_number_ends_its_watch():
    app, tank, clock = dwell()
    app.watch("tank.level", 100, 10)
    run(app, clock, 100 * MS)
    tank.level = "x" * 5
    (ended,) = run(app, clock, 500 * MS)
    assert ended == DwellEnded(parameter="tank.level", samples=3, reason="parameter 1 is no number")


def test_too_many_watches_and_too_many_samples_are_refused():
    app, _, _ = dwell()
    app.watch("tank.level", 10, 1)
    with pytest.raises(RefusedError, match="more than 100 samples a second"):
        app.watch("tank.spare10", 1000, 1)
    app.watch("tank.level", 20, 1)
    for number in range(10, 17):
        app.watch(f"tank.spare{number}", 1000, 1)
    with pytest.raises(RefusedError, match="8 parameters are watched, no more can be"):
        app.watch("tank.spare17", 1000, 1)
    app.watch("tank.level", 1000, 1)
