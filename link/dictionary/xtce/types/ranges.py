"""Valid ranges and alarms of XTCE types; those that a definition cannot express are skipped and reported."""

from math import inf, nextafter

from link.dictionary.limits import Bounds, Limits
from link.dictionary.xtce.document import Element, integer, known_children, number_of, only, truth
from link.dictionary.xtce.ledger import Ledger

_ALARM_RANGES = {
    "WatchRange": "watch", "WarningRange": "warning", "DistressRange": "distress", "CriticalRange": "critical",
}  # fmt: skip
_OF_CALIBRATED = "validRangeAppliesToCalibrated"


def read_range(
    ledger: Ledger, own: Element, inside: dict[str, Element], *, whole: bool, calibrated: bool
) -> Bounds | None:
    """The valid range of a type. `calibrated`: the type has a calibration, so that a range of raw values is skipped."""
    said = inside.get("ValidRange", inside.get("ValidRangeSet"))
    if said is None:
        return None
    ranges = [said] if said.tag == "ValidRange" else list(known_children(said, ("ValidRange",)))
    if len(ranges) != 1:
        ledger.pass_over(said, "ValidRangeSet of several ranges")
        return None
    if calibrated and not all(truth(one, _OF_CALIBRATED, True) for one in (own, said, ranges[0])):
        ledger.pass_over(said, f"{said.tag} of numbers that are not calibrated")
        return None
    return _bounds(ranges[0], whole)


def read_limits(ledger: Ledger, alarm: Element | None, *, whole: bool, calibrated: bool) -> Limits | None:
    """The limits of a DefaultAlarm; None where it is disabled, or its ranges are not around the good values."""
    ranges = None if alarm is None else only(alarm, ("StaticAlarmRanges",))
    if alarm is None or ranges is None or truth(alarm, "disabled", False):
        return None
    if ranges.get("rangeForm", "outside") != "outside":
        ledger.pass_over(ranges, "StaticAlarmRanges of the form inside")
        return None
    if calibrated and not truth(ranges, "appliesToCalibratedValues", True):
        ledger.pass_over(ranges, "StaticAlarmRanges of numbers that are not calibrated")
        return None
    bands = {_ALARM_RANGES[str(one.tag)]: _bounds(one, whole) for one in known_children(ranges, _ALARM_RANGES)}
    return Limits(**bands, persistence=integer(alarm, "minViolations", 1))


def _bounds(element: Element, whole: bool) -> Bounds:
    """Inclusive bounds; an open end is infinite."""
    low, high = number_of(element, "minInclusive", -inf), number_of(element, "maxInclusive", inf)
    if element.get("minExclusive") is not None:
        low = _next(number_of(element, "minExclusive"), inf, whole)
    if element.get("maxExclusive") is not None:
        high = _next(number_of(element, "maxExclusive"), -inf, whole)
    return low, high


def _next(bound: float, towards: float, whole: bool) -> float:
    """The first number beyond an excluded one."""
    if whole and abs(bound) < inf and bound == int(bound):
        return bound + (1 if towards > 0 else -1)
    return nextafter(bound, towards)
