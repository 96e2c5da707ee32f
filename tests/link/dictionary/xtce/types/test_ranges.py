"""Valid ranges, alarms and whole numbers of types: taken as they are said, or passed over and reported."""

import pytest

from link.dictionary.limits import Limits
from tests.link.dictionary.xtce.files import (
    container,
    database,
    decoded,
    entries,
    parameters,
    refused,
    system,
    telemetry,
)

HALVES = (
    '<DefaultCalibrator><PolynomialCalibrator><Term exponent="1" coefficient="0.5"/></PolynomialCalibrator>'
    "</DefaultCalibrator>"
)
BAND = '<WarningRange minInclusive="1" maxInclusive="9"/>'


def file(more, calibrator="", attributes="", encoding="IntegerDataEncoding"):
    kind = (
        f'<IntegerParameterType name="k"{attributes}><{encoding}>{calibrator}</{encoding}>{more}</IntegerParameterType>'
    )
    return system("S", telemetry(kind, parameters("p", of="k"), container("P", entries("p"))))


def field(whole):
    (packet,) = database(whole).definition.packets
    return packet.fields[0]


def alarm(more="", attributes=""):
    return f"<DefaultAlarm{attributes}><StaticAlarmRanges{more}>{BAND}</StaticAlarmRanges></DefaultAlarm>"


def test_an_alarm_that_is_disabled_is_none():
    assert field(file(alarm())).limits == Limits(warning=(1, 9))
    assert field(file(alarm(attributes=' disabled="true"'))).limits is None


@pytest.mark.parametrize(
    ("more", "calibrator", "what"),
    [
        (alarm(' rangeForm="inside"'), "", "StaticAlarmRanges of the form inside"),
        (alarm(' appliesToCalibratedValues="false"'), HALVES, "StaticAlarmRanges of numbers that are not calibrated"),
        (
            '<ValidRangeSet><ValidRange minInclusive="1"/><ValidRange maxInclusive="-1"/></ValidRangeSet>',
            "",
            "ValidRangeSet of several ranges",
        ),
        (
            '<ValidRangeSet validRangeAppliesToCalibrated="false"><ValidRange minInclusive="1"/></ValidRangeSet>',
            HALVES,
            "ValidRangeSet of numbers that are not calibrated",
        ),
        (
            '<ValidRange minInclusive="1" validRangeAppliesToCalibrated="0"/>',
            HALVES,
            "ValidRange of numbers that are not calibrated",
        ),
    ],
)
def test_what_a_definition_has_no_words_for_is_reported(more, calibrator, what):
    whole = file(more, calibrator)
    assert (field(whole).range, field(whole).limits) == (None, None)
    assert f"line 1: {what} is passed over" in database(whole).skipped


def test_of_numbers_without_calibrator_both_are_the_same():
    whole = file('<ValidRange minInclusive="1" validRangeAppliesToCalibrated="false"/>')
    assert field(whole).range == (1, float("inf"))


def test_an_excluded_end_may_be_infinite():
    assert field(file('<ValidRange minExclusive="-INF" maxExclusive="INF"/>')).range is not None


def test_whole_numbers_that_are_calibrated_are_rounded_where_yamcs_does():
    whole = file("", HALVES)
    assert decoded(whole, b"\x05") == {"p": 2.5}
    assert database(whole).skipped == ("line 1: the rounding of what is calibrated to a whole number is passed over",)
    assert decoded(whole, b"\x05", dialect="yamcs") == {"p": 3}
    assert database(whole, dialect="yamcs").skipped == ()


def test_yamcs_has_no_number_below_zero_where_a_type_is_unsigned():
    below = HALVES.replace("</Poly", '<Term exponent="0" coefficient="-4.5"/></Poly')
    assert decoded(file("", below), b"\x02", dialect="yamcs") == {"p": -3}
    assert decoded(file("", below, ' signed="false"'), b"\x02", dialect="yamcs") == {"p": 0}


def test_a_real_number_that_is_to_be_whole_is_reported():
    whole = file("").replace("IntegerDataEncoding", "FloatDataEncoding")
    assert decoded(whole, b"\x40\x20\0\0") == {"p": 2.5}
    assert database(whole).skipped == ("line 1: the rounding of a real number to a whole one is passed over",)


def test_what_stays_whole_is_not_rounded():
    whole = file("", HALVES.replace("0.5", "2"))
    assert database(whole).skipped == ()
    assert decoded(whole, b"\x05", dialect="yamcs") == {"p": 10}


def test_an_initial_value_that_is_neither_true_nor_false():
    """Before, it was false."""
    kind = '<BooleanParameterType name="k" initialValue="perhaps"><IntegerDataEncoding/></BooleanParameterType>'
    whole = system("S", telemetry(kind, parameters("p", of="k"), container("P", entries("p"))))
    assert refused(whole) == ["line 1: initialValue = perhaps, expected true or false"]
