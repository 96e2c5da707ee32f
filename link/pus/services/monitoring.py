"""On-board monitoring, service 12 (ECSS-E-ST-70-41C §6.12, §8.12): parameters that have to stay as they should be.

A definition checks one parameter of service 20: against an expected value, against limits, or the change from sample to
sample against thresholds. A status is believed once it was seen `repetitions` times in a row; then the transition is
reported and the event that the definition names is raised.
"""

from enum import IntEnum

from link.dictionary.declare import Record
from link.dictionary.kinds import Counted, Float64b, Int8ub, Int16ub, Int64ub, Time
from link.dictionary.wires import wire
from link.pus.message import Report, Request


class CheckType(IntEnum):
    """What a definition looks at."""

    EXPECTED_VALUE = 0
    LIMITS = 1
    DELTA = 2


class Status(IntEnum):
    """What a check found."""

    GOOD = 0
    UNCHECKED = 1
    INVALID = 2
    LOW = 3
    """Or unexpected, of an expected value."""
    HIGH = 4


class Definition(Record):
    """One check. It counts only while validity parameter & mask is `valid_value`; parameter 0 asks for nothing.

    `low` and `high` bound the value, or the mean change of `consecutive` samples. Event 0 is none.
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
    """Check these from now on."""


class DisableDefinitions(_Numbers, service=12, subtype=2):
    """Check these no longer."""


class DeleteAllDefinitions(Request, service=12, subtype=4):
    """Forget all definitions."""


class AddDefinitions(Request, service=12, subtype=5):
    """Define checks, disabled at first."""

    definitions: list[Definition] = wire(count=Counted(8))


class DeleteDefinitions(_Numbers, service=12, subtype=6):
    """Forget these, which must be disabled."""


class ModifyDefinitions(Request, service=12, subtype=7):
    """Define checks that exist otherwise; they begin anew."""

    definitions: list[Definition] = wire(count=Counted(8))


class ReportDefinitions(_Numbers, service=12, subtype=8):
    """How are these defined? All, if none is named."""


class DefinitionReport(Report, service=12, subtype=9):
    """How checks are defined."""

    definitions: list[Definition] = wire(count=Counted(8))


class ReportOutOfLimits(Request, service=12, subtype=10):
    """What is not as it should be?"""


class Transition(Record):
    """A definition's status changed. `value` is what was seen, `crossed` the limit or the expected value."""

    number: int = wire(Int16ub)
    parameter: int = wire(Int16ub)
    check: CheckType = wire(Int8ub)
    value: float = wire(Float64b)
    crossed: float = wire(Float64b)
    before: Status = wire(Int8ub)
    now: Status = wire(Int8ub)
    time: int = wire(Time())


class OutOfLimits(Report, service=12, subtype=11):
    """The last transition of each definition that is not as it should be."""

    transitions: list[Transition] = wire(count=Counted(8))


class CheckTransitions(Report, service=12, subtype=12):
    """What changed."""

    transitions: list[Transition] = wire(count=Counted(8))


class ReportStatuses(Request, service=12, subtype=13):
    """How do all definitions stand?"""


class DefinitionStatus(Record):
    """How a definition stands."""

    number: int = wire(Int16ub)
    status: Status = wire(Int8ub)


class StatusReport(Report, service=12, subtype=14):
    """How all definitions stand."""

    statuses: list[DefinitionStatus] = wire(count=Counted(8))


class EnableMonitoring(Request, service=12, subtype=15):
    """Check parameters."""


class DisableMonitoring(Request, service=12, subtype=16):
    """Check nothing."""
