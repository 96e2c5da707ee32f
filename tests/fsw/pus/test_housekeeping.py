"""Service 3: structures made by command are reported on their grid, and read by what the command said."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsw.pus.housekeeping import HousekeepingStructures
from fsw.pus.parameters import Parameters
from link.dictionary import Dictionary, Int8ub, Octets, Rest, Telemetry, wire
from link.dictionary.codec.record import Codec
from link.dictionary.declare import report_entry
from link.pus.services.housekeeping import (
    AppendParameters,
    CreateStructure,
    DeleteStructures,
    DisablePeriodic,
    EnablePeriodic,
    ModifyIntervals,
    PropertiesReport,
    ReportOnce,
    ReportProperties,
    ReportStructures,
    StructureInterval,
    StructureReport,
    SuperCommutated,
    structure_of,
)
from link.pus.services.parameters import ParameterTable
from link.pus.services.verification import RefusedError
from tests.fsw.pus.test_parameters import Thermal, service

MS = 1_000_000


class Level(Telemetry, id=1):
    """What an app declares."""

    percent: int = wire(Int8ub)
    rest: bytes = wire(Octets(Rest()))


TWICE = SuperCommutated(repetitions=2, parameters=[])
CREATE = CreateStructure(structure=7, interval=5, parameters=[1, 4], groups=[])


def made():
    parameters, app = service()
    housekeeping = HousekeepingStructures(parameters, tick_ms=100)
    housekeeping.declare(report_entry(Level))
    return housekeeping, app


def done(housekeeping, request, now_ns=0):
    return list(housekeeping.handle(type(request).decode(request.encode()), now_ns))


@pytest.mark.requirement("FSW-PUS-004")
def test_a_structure_that_cannot_be_reported_is_set_aside_and_stops_no_other():
    housekeeping, app = made()
    done(housekeeping, CREATE)
    done(housekeeping, CreateStructure(structure=8, interval=5, parameters=[1], groups=[]))
    done(housekeeping, EnablePeriodic(structures=[7, 8]))
    app.nibble = 99
    assert [report.structure for report in housekeeping.step(0)] == [8]
    assert housekeeping.drain_set_aside() == [(7, "parameter 4: nibble = 99, expected 0..15")]
    assert [report.structure for report in housekeeping.step(500 * MS)] == [8]
    assert housekeeping.drain_set_aside() == []
    app.nibble = 9
    done(housekeeping, EnablePeriodic(structures=[7]), 600 * MS)
    assert [report.structure for report in housekeeping.step(1000 * MS)] == [7, 8]


def test_a_structure_made_by_command_is_read_by_what_the_command_said():
    housekeeping, app = made()
    done(housekeeping, CREATE)
    app.low_degc, app.nibble = -2.5, 9
    (report,) = done(housekeeping, ReportOnce(structures=[7]))
    entry = structure_of(CREATE.structure, CREATE.parameters, service()[0].table)
    assert Codec(entry.fields).decode(report.values) == [-2.5, 9]


@given(st.lists(st.integers(1, 2000), max_size=30))
@pytest.mark.requirement("FSW-PUS-004")
def test_reports_keep_to_their_grid(steps_ms):
    """However late the steps come, there is one report a step at most, and each lies in a later period."""
    housekeeping, _ = made()
    done(housekeeping, CREATE)
    done(housekeeping, EnablePeriodic(structures=[7]), 3)
    now, periods = 3, []
    for step_ms in steps_ms:
        reports = list(housekeeping.step(now))
        assert len(reports) == (now >= 3 + 500 * MS * (periods[-1] + 1 if periods else 0))
        periods += [(now - 3) // (500 * MS)] * len(reports)
        assert housekeeping.deadline_ns > now
        now += step_ms * MS
    assert periods == sorted(set(periods))


@pytest.mark.requirement("FSW-PUS-003")
def test_the_life_of_a_structure():
    housekeeping, _ = made()
    done(housekeeping, CREATE)
    done(housekeeping, AppendParameters(structure=7, parameters=[2], groups=[]))
    done(housekeeping, EnablePeriodic(structures=[7, 1]))
    assert [report.structure for report in housekeeping.step(0)] == [7]
    done(housekeeping, ModifyIntervals(intervals=[StructureInterval(structure=7, interval=9)]))
    (properties,) = done(housekeeping, ReportProperties(structures=[7]))
    assert isinstance(properties, PropertiesReport)
    assert [(one.enabled, one.interval) for one in properties.properties] == [(True, 9)]
    done(housekeeping, DisablePeriodic(structures=[7]))
    (content,) = done(housekeeping, ReportStructures(structures=[7]))
    assert content == StructureReport(structure=7, enabled=False, interval=9, parameters=[1, 4, 2], groups=[])
    done(housekeeping, DeleteStructures(structures=[7]))
    with pytest.raises(RefusedError, match="no structure 7"):
        done(housekeeping, ReportOnce(structures=[7]))


@pytest.mark.parametrize(
    ("request_", "sentence"),
    [
        (CREATE, "structure 7 exists"),
        (CreateStructure(structure=8, interval=0, parameters=[1], groups=[]), "an interval of 0"),
        (CreateStructure(structure=8, interval=1, parameters=[99], groups=[]), "no parameter 99"),
        (CreateStructure(structure=8, interval=1, parameters=[1, 1], groups=[]), "a parameter occurs twice"),
        (CreateStructure(structure=8, interval=1, parameters=[], groups=[TWICE]),
         "nothing is sampled more than once"),
        (AppendParameters(structure=7, parameters=[4], groups=[]), "parameter 4 is in it already"),
        (AppendParameters(structure=1, parameters=[4], groups=[]), "structure 1 is declared by an app"),
        (ModifyIntervals(intervals=[StructureInterval(structure=7, interval=0)]), "instruction 1: an interval of 0"),
        (DeleteStructures(structures=[7, 1]), "instruction 2: structure 1 is declared by an app"),
        (DeleteStructures(structures=[3]), "instruction 1: no structure 3"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused(request_, sentence):
    housekeeping, _ = made()
    done(housekeeping, CREATE)
    with pytest.raises(RefusedError, match=sentence):
        done(housekeeping, request_)


def test_what_an_app_samples_is_reported_as_often_as_was_said():
    housekeeping, _ = made()
    with pytest.raises(RefusedError, match="structure 1 was not sampled yet"):
        done(housekeeping, ReportOnce(structures=[1]))
    level = Level(percent=5, rest=b"xy")
    assert housekeeping.accept(level, 0).values == b"\5xy"
    done(housekeeping, ModifyIntervals(intervals=[StructureInterval(structure=1, interval=10)]), 0)
    times = [now for now in range(0, 3000, 300) if housekeeping.accept(level, now * MS)]
    assert times == [0, 1200, 2100]  # the first sample in each second
    done(housekeeping, DisablePeriodic(structures=[1]))
    assert housekeeping.accept(level, 9000 * MS) is None
    assert [one.values for one in done(housekeeping, ReportOnce(structures=[1]))] == [b"\5xy"]
    assert housekeeping.deadline_ns is None
    (content,) = done(housekeeping, ReportStructures(structures=[1]))
    assert content == StructureReport(structure=1, enabled=False, interval=10, parameters=[256], groups=[])


def test_what_was_not_sampled_yet_keeps_nothing_else_back():
    dictionary = Dictionary.of("n", 1, {}, [Thermal, Level])
    values = Parameters(ParameterTable.of(dictionary), {"thermal": Thermal()}, dictionary.reports)
    housekeeping = HousekeepingStructures(values)
    for number, parameter in ((7, 256), (8, 1)):
        done(housekeeping, CreateStructure(structure=number, interval=1, parameters=[parameter], groups=[]))
        done(housekeeping, EnablePeriodic(structures=[number]))
    assert [report.structure for report in housekeeping.step(0)] == [8]
    values.accept_sample(1, b"\5xy")
    assert [report.structure for report in housekeeping.step(200 * MS)] == [7, 8]


def test_what_is_reported_periodically_stays_as_it_is():
    housekeeping, _ = made()
    done(housekeeping, CREATE)
    done(housekeeping, EnablePeriodic(structures=[7]))
    for request in (DeleteStructures(structures=[7]), AppendParameters(structure=7, parameters=[2], groups=[])):
        with pytest.raises(RefusedError, match="structure 7 is reported periodically"):
            done(housekeeping, request)


def test_there_is_room_for_so_many():
    housekeeping = HousekeepingStructures(service()[0], capacity=1)
    done(housekeeping, CREATE)
    with pytest.raises(RefusedError, match="1 structures exist, no more fit"):
        done(housekeeping, CreateStructure(structure=8, interval=1, parameters=[], groups=[]))
    assert housekeeping.deadline_ns is None
