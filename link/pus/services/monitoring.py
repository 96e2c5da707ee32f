"""On-board monitoring, service 12 (ECSS-E-ST-70-41C §6.12, §8.12): parameters that have to stay as they should be.

A definition checks one parameter of service 20: against an expected value, against limits, or the change from sample to
sample against thresholds. A definition takes a new status once `repetitions` checks in a row have found it; then the
transition is reported, and the event that the definition names is raised.
"""

from enum import IntEnum

from link.dictionary.declare import Record
from link.dictionary.kinds import Counted, Float64b, Int8ub, Int16ub, Int64ub, Time
from link.dictionary.wires import wire
from link.pus.message import Report, Request


class CheckType(IntEnum):
    """What a monitoring definition compares: a value with an expected one or with limits, or its change with limits."""

    EXPECTED_VALUE = 0
    LIMITS = 1
    DELTA = 2


class CheckStatus(IntEnum):
    """What a check found of its parameter."""

    GOOD = 0
    UNCHECKED = 1
    INVALID = 2
    LOW = 3
    """Below the low limit; where one value is expected, any other value."""
    HIGH = 4


class MonitoringDefinition(Record):
    """A monitoring definition: which parameter is checked, how often, and against what.

    The check counts only while validity_parameter & validity_mask equals `valid_value`; always, if `validity_parameter`
    is 0. `low` and `high` bound the value, or its mean change over `consecutive` samples. Event 0 means no event.
    """

    number: int = wire(Int16ub)
    parameter: int = wire(Int16ub)
    validity_parameter: int = wire(Int16ub)
    validity_mask: int = wire(Int64ub)
    valid_value: int = wire(Int64ub)
    interval: int = wire(Int16ub, text="sampling intervals between two checks")
    repetitions: int = wire(Int8ub)
    check: CheckType = wire(Int8ub)
    mask: int | None = wire(Int64ub, when="check == expected_value")
    expected: int | None = wire(Int64ub, when="check == expected_value")
    unexpected_event: int | None = wire(Int16ub, when="check == expected_value")
    low: float | None = wire(Float64b, when="check != expected_value")
    low_event: int | None = wire(Int16ub, when="check != expected_value")
    high: float | None = wire(Float64b, when="check != expected_value")
    high_event: int | None = wire(Int16ub, when="check != expected_value")
    consecutive: int | None = wire(Int8ub, when="check == delta")


class _Numbers(Request):
    definitions: list[int] = wire(Int16ub, count=Counted(8))


class EnableDefinitions(_Numbers, service=12, subtype=1):
    """Check the parameters of these monitoring definitions."""


class DisableDefinitions(_Numbers, service=12, subtype=2):
    """Check the parameters of these monitoring definitions no longer."""


class DeleteAllDefinitions(Request, service=12, subtype=4):
    """Delete all monitoring definitions; monitoring must be disabled."""


class AddDefinitions(Request, service=12, subtype=5):
    """Add monitoring definitions, which are disabled at first."""

    definitions: list[MonitoringDefinition] = wire(count=Counted(8))


class DeleteDefinitions(_Numbers, service=12, subtype=6):
    """Delete these monitoring definitions, which must be disabled."""


class ModifyDefinitions(Request, service=12, subtype=7):
    """Replace monitoring definitions by others of the same numbers; their checks begin anew."""

    definitions: list[MonitoringDefinition] = wire(count=Counted(8))


class ReportDefinitions(_Numbers, service=12, subtype=8):
    """Report these monitoring definitions; all of them, if none is named."""


class DefinitionReport(Report, service=12, subtype=9):
    """Monitoring definitions: the answer to ReportDefinitions."""

    definitions: list[MonitoringDefinition] = wire(count=Counted(8))


class ReportOutOfLimits(Request, service=12, subtype=10):
    """Report the parameters that are out of their limits or not of the expected value."""


class Transition(Record):
    """A change of the status of a definition: `value` is what was seen, `crossed` the limit or the expected value."""

    number: int = wire(Int16ub)
    parameter: int = wire(Int16ub)
    check: CheckType = wire(Int8ub)
    value: float = wire(Float64b)
    crossed: float = wire(Float64b)
    before: CheckStatus = wire(Int8ub)
    now: CheckStatus = wire(Int8ub)
    time: int = wire(Time())


class OutOfLimits(Report, service=12, subtype=11):
    """The last transition of each definition whose parameter is out of limits or not as expected."""

    transitions: list[Transition] = wire(count=Counted(8))


class CheckTransitions(Report, service=12, subtype=12):
    """Changes of the status of monitoring definitions, as checks find them."""

    transitions: list[Transition] = wire(count=Counted(8))


class ReportStatuses(Request, service=12, subtype=13):
    """Report the status of every monitoring definition."""


class DefinitionStatus(Record):
    """The status of a monitoring definition."""

    number: int = wire(Int16ub)
    status: CheckStatus = wire(Int8ub)


class StatusReport(Report, service=12, subtype=14):
    """The status of every monitoring definition: the answer to ReportStatuses."""

    statuses: list[DefinitionStatus] = wire(count=Counted(8))


class EnableMonitoring(Request, service=12, subtype=15):
    """Check the parameters of all enabled monitoring definitions."""


class DisableMonitoring(Request, service=12, subtype=16):
    """Check no parameter, whatever monitoring definition is enabled."""
