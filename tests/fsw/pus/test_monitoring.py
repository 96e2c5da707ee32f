"""Service 12: a status is believed after it was seen often enough; transitions raise their events."""

import pytest

from fsw.pus.monitoring import Monitor
from link.pus.services.monitoring import (
    AddDefinitions,
    CheckStatus,
    CheckType,
    DeleteAllDefinitions,
    DeleteDefinitions,
    DisableDefinitions,
    DisableMonitoring,
    EnableDefinitions,
    EnableMonitoring,
    ModifyDefinitions,
    MonitoringDefinition,
    ReportDefinitions,
    ReportOutOfLimits,
    ReportStatuses,
)
from link.pus.services.verification import FailureCode, RefusedError

TICK_NS = 100_000_000
UTC_NS = 1_790_000_000_000_000_000
NOTHING = {"mask": None, "expected": None, "unexpected_event": None, "consecutive": None}


def limits(number=1, repetitions=2, **said):
    given = {"low": 0.0, "low_event": 11, "high": 10.0, "high_event": 12, **NOTHING, **said}
    return MonitoringDefinition(
        number=number, parameter=1, validity_parameter=0, validity_mask=0, valid_value=0, interval=1,
        repetitions=repetitions, check=said.pop("check", CheckType.LIMITS),
        **{key: value for key, value in given.items() if key != "check"})  # fmt: skip


def expected_value(number=2):
    return limits(
        number, 1, check=CheckType.EXPECTED_VALUE, low=None, low_event=None, high=None, high_event=None, mask=6,
        expected=4, unexpected_event=13)  # fmt: skip


class Desk:
    """A monitor over two parameters that a test sets."""

    def __init__(self, *definitions, **said):
        self.values = {1: 5.0, 2: 1}
        self.monitor = Monitor(self.read, {11, 12, 13}, **said)
        self.ticks = 0
        if definitions:
            self.ask(AddDefinitions(definitions=list(definitions)))
            self.ask(EnableDefinitions(definitions=[one.number for one in definitions]))

    def read(self, number):
        if number not in self.values:
            raise RefusedError(FailureCode.BAD_ARGUMENTS, f"no parameter {number}")
        return self.values[number]

    def ask(self, request):
        return list(self.monitor.handle(type(request).decode(request.encode()), self.ticks * TICK_NS))

    def see(self, *values):
        """One check a value: the events raised and the statuses reached."""
        seen = []
        for value in values:
            self.values[1] = value
            events, reports = self.monitor.step(self.ticks * TICK_NS, UTC_NS + self.ticks * TICK_NS)
            seen.append(([event for event, _ in events], [one.now for report in reports for one in report.transitions]))
            self.ticks += 1
        return seen


QUIET = ([], [])


@pytest.mark.requirement("FSW-PUS-012")
def test_limits_with_repetitions():
    desk = Desk(limits())
    assert desk.see(5, 5) == [QUIET, ([], [CheckStatus.GOOD])]
    assert desk.see(-1, 5, -1, -1) == [QUIET, QUIET, QUIET, ([11], [CheckStatus.LOW])]
    assert desk.see(11, 11, 5, 5) == [QUIET, ([12], [CheckStatus.HIGH]), QUIET, ([], [CheckStatus.GOOD])]


@pytest.mark.requirement("FSW-PUS-012")
def test_an_expected_value_under_a_mask():
    desk = Desk(expected_value())
    assert desk.see(4, 5, 12) == [([], [CheckStatus.GOOD]), QUIET, QUIET]
    assert desk.see(6, 4) == [([13], [CheckStatus.LOW]), ([], [CheckStatus.GOOD])]


@pytest.mark.requirement("FSW-PUS-012")
def test_the_mean_change_of_so_many_samples():
    desk = Desk(limits(repetitions=1, check=CheckType.DELTA, low=-2.0, high=2.0, consecutive=2))
    assert desk.see(0, 1, 4, 9) == [QUIET, QUIET, ([], [CheckStatus.GOOD]), ([12], [CheckStatus.HIGH])]
    assert desk.see(9, 9, 0) == [QUIET, ([], [CheckStatus.GOOD]), ([11], [CheckStatus.LOW])]


def test_what_is_not_valid_is_not_judged():
    definition = limits(repetitions=1)
    definition.validity_parameter, definition.validity_mask, definition.valid_value = 2, 1, 1
    desk = Desk(definition)
    assert desk.see(50) == [([12], [CheckStatus.HIGH])]
    desk.values[2] = 2
    assert desk.see(50) == [([], [CheckStatus.INVALID])]


def test_reports():
    desk = Desk(limits(repetitions=1), expected_value())
    desk.see(50)
    (statuses,) = desk.ask(ReportStatuses())
    assert [(one.number, one.status) for one in statuses.statuses] == [(1, CheckStatus.HIGH), (2, CheckStatus.LOW)]
    (out,) = desk.ask(ReportOutOfLimits())
    assert [(one.number, one.value, one.crossed) for one in out.transitions] == [(1, 50.0, 10.0), (2, 50.0, 4.0)]
    (definitions,) = desk.ask(ReportDefinitions(definitions=[]))
    assert definitions.definitions == [limits(repetitions=1), expected_value()]
    (one,) = desk.ask(ReportDefinitions(definitions=[2]))
    assert one.definitions == [expected_value()]


def test_checks_begin_anew_when_they_are_switched_or_changed():
    desk = Desk(limits(repetitions=1))
    desk.see(50)
    desk.ask(ModifyDefinitions(definitions=[limits(repetitions=1, high=60.0)]))
    assert desk.see(50) == [([], [CheckStatus.GOOD])]
    desk.ask(DisableDefinitions(definitions=[1]))
    assert desk.see(99) == [QUIET]
    assert desk.monitor.deadline_ns is None
    desk.ask(EnableDefinitions(definitions=[1]))
    assert desk.see(99) == [([12], [CheckStatus.HIGH])]
    desk.ask(DisableMonitoring())
    assert desk.see(5) == [QUIET]
    desk.ask(EnableMonitoring())
    assert desk.see(5) == [([], [CheckStatus.GOOD])]
    with pytest.raises(RefusedError, match="monitoring is enabled"):
        desk.ask(DeleteAllDefinitions())
    desk.ask(DisableMonitoring())
    desk.ask(DeleteAllDefinitions())
    assert desk.see(99) == [QUIET]


def test_a_check_waits_for_its_interval():
    definition = limits(repetitions=1)
    definition.interval = 3
    desk = Desk(definition)
    assert desk.see(5, 50, 50, 50) == [([], [CheckStatus.GOOD]), QUIET, QUIET, ([12], [CheckStatus.HIGH])]


def test_what_cannot_be_is_refused():
    desk = Desk(limits(), capacity=2)
    unknown, senseless = limits(3), limits(4, low=5.0, high=5.0)
    unknown.parameter = 9
    for request, sentence in [
        (AddDefinitions(definitions=[limits()]), "definition 1 exists"),
        (AddDefinitions(definitions=[unknown]), "no parameter 9"),
        (AddDefinitions(definitions=[senseless]), r"limits 5\.\.5"),
        (AddDefinitions(definitions=[limits(5, 0)]), "repetitions of 0"),
        (AddDefinitions(definitions=[limits(6), limits(7)]), "instruction 2: 2 definitions exist, no more fit"),
        (DeleteDefinitions(definitions=[1]), "definition 1 is enabled"),
        (DeleteDefinitions(definitions=[8]), "no definition 8"),
    ]:
        with pytest.raises(RefusedError, match=sentence):
            desk.ask(request)
    desk.ask(DeleteDefinitions(definitions=[6]))


def test_transitions_are_stamped_with_the_time_of_day():
    desk = Desk(limits(repetitions=1))
    desk.values[1] = 50
    _, (report,) = desk.monitor.step(7, UTC_NS)
    assert report.transitions[0].time == UTC_NS


@pytest.mark.parametrize("error", [RefusedError(FailureCode.NOT_NOW, "not sampled"), KeyError("owner"), None])
@pytest.mark.requirement("FSW-PUS-013")
def test_a_check_that_cannot_be_made_stops_no_other_and_is_counted(error):
    """None stands for a value without end, which no mask fits."""
    first, second = expected_value(1), limits(2, 1)
    first.parameter, second.parameter = 1, 2
    desk = Desk(first, second)
    desk.values[1], desk.values[2] = 4, 50.0
    read, broken = desk.monitor._read, [False]

    def reading(number):
        if number == 1 and broken[0]:
            if error is None:
                return float("inf")
            raise error
        return read(number)

    desk.monitor._read = reading
    events, _ = desk.monitor.step(0, UTC_NS)
    assert [event for event, _ in events] == [12]
    broken[0], desk.values[2] = True, 5.0
    _, (report,) = desk.monitor.step(TICK_NS, UTC_NS)
    assert [(one.number, one.now) for one in report.transitions] == [(1, CheckStatus.UNCHECKED), (2, CheckStatus.GOOD)]
    assert desk.monitor.unreadable == 1
    assert type(report).decode(report.encode()).transitions[0].before is CheckStatus.GOOD


def test_limits_that_are_no_numbers_are_refused():
    with pytest.raises(RefusedError, match="limits nan"):
        Desk(limits(low=float("nan")))


def test_what_is_not_a_number_now_is_not_judged():
    desk = Desk(limits(repetitions=1))
    assert desk.see(5, float("nan"), 5) == [
        ([], [CheckStatus.GOOD]),
        ([], [CheckStatus.INVALID]),
        ([], [CheckStatus.GOOD]),
    ]


def test_an_event_that_checks_do_not_raise_is_refused():
    desk = Desk()
    with pytest.raises(RefusedError, match="event 99 is not one that checks raise"):
        desk.ask(AddDefinitions(definitions=[limits(high_event=99)]))


def test_a_parameter_that_cannot_be_read_is_not_monitored():
    desk = Desk()
    desk.monitor = Monitor(lambda number: 1 / 0, {11, 12, 13})
    with pytest.raises(RefusedError, match="parameter 1 cannot be read: ZeroDivisionError") as refused:
        desk.ask(AddDefinitions(definitions=[limits()]))
    assert refused.value.code is FailureCode.EXECUTION_FAILED
