"""From when times count, and in which unit."""

import pytest

from ground.recordings.decoding import FieldClock
from link.dictionary.curves import Linear
from link.dictionary.kinds import Octets
from link.time.leap_seconds import NS
from tests.link.dictionary.xtce.files import container, database, entries, parameters, refused, system, telemetry


def timed(epoch="", encoding="", inner='<IntegerDataEncoding sizeInBits="32"/>', more=""):
    reference = f"<ReferenceTime>{more}<Epoch>{epoch}</Epoch></ReferenceTime>" if epoch or more else ""
    reference = reference.replace("<Epoch></Epoch>", "")
    inside = f"<Encoding {encoding}>{inner}</Encoding>{reference}"
    types = f'<AbsoluteTimeParameterType name="t">{inside}</AbsoluteTimeParameterType>'
    return system("S", telemetry(types, parameters("T", of="t"), container("P", entries("T"))))


def field_of(file):
    return database(file).definition.packets[0].fields[0]


@pytest.mark.parametrize(
    ("epoch", "expected"),
    [
        ("2000-01-01", "2000-01-01T00:00:00Z"),
        (" 2000-01-01Z ", "2000-01-01T00:00:00Z"),
        ("2000-01-01T12:00:00", "2000-01-01T12:00:00Z"),
        ("2000-01-01T12:00:00.5", "2000-01-01T12:00:00.500000000Z"),
        ("2000-01-01T12:00:00+02:00", "2000-01-01T10:00:00Z"),
        ("1999-12-31T23:30:00-01:30", "2000-01-01T01:00:00Z"),
        ("UNIX", "1970-01-01T00:00:00Z"),
        ("GPS", "1980-01-06T00:00:00Z"),
        ("TAI", "1958-01-01T00:00:00Z"),
        ("J2000", "J2000"),
    ],
)
def test_epochs(epoch, expected):
    assert field_of(timed(epoch)).epoch == expected


@pytest.mark.parametrize("epoch", ["yesterday", "2000-13-01", "2000-01-01T25:00:00", "MJD2000"])
def test_epochs_that_are_none(epoch):
    assert refused(timed(epoch)) == [f"line 1: Epoch {epoch}, expected a date, TAI, J2000, UNIX or GPS"]


@pytest.mark.parametrize(
    ("epoch", "units", "value", "utc_ns"),
    [
        ("UNIX", "seconds", 5, 5 * NS),
        ("1970-01-02", "days", 2, 3 * 86_400 * NS),
        ("UNIX", "picoSeconds", 5000, 5),
        ("J2000", "seconds", 0, 946_727_935_816_000_000),
        ("UNIX", "months", 1, None),
        ("UNIX", "years", 1, None),
    ],
)
def test_units(epoch, units, value, utc_ns):
    """J2000 is 2000-01-01T11:58:55.816 UTC."""
    assert FieldClock.of(field_of(timed(epoch, f'units="{units}"'))).utc_ns(value) == utc_ns


CURVE = (
    '<IntegerDataEncoding sizeInBits="32"><DefaultCalibrator><PolynomialCalibrator>{}</PolynomialCalibrator>'
    "</DefaultCalibrator></IntegerDataEncoding>"
)
LINE = '<Term exponent="0" coefficient="1"/><Term exponent="1" coefficient="2"/>'


def test_a_scale_stands_over_a_calibrator():
    assert field_of(timed("UNIX", 'scale="0.5" offset="3"')).calibration == Linear(0.5, 3.0)
    assert field_of(timed("UNIX", 'scale="10" offset="3"', CURVE.format(LINE))).calibration == Linear(20.0, 13.0)
    square = CURVE.format(LINE.replace('"1" coefficient="2"', '"2" coefficient="2"'))
    assert refused(timed("UNIX", "", square)) == [
        "line 1: a time with a calibrator that is no straight line is not supported"
    ]


def test_a_time_calibrated_by_others():
    context = (
        '<ContextCalibrator><ContextMatch><Comparison parameterRef="T" value="1"/></ContextMatch>'
        f"<Calibrator><PolynomialCalibrator>{LINE}</PolynomialCalibrator></Calibrator></ContextCalibrator>"
    )
    inner = f"<IntegerDataEncoding><ContextCalibratorList>{context}</ContextCalibratorList></IntegerDataEncoding>"
    assert "line 1: AbsoluteTimeParameterType t stands in itself" in refused(timed("UNIX", "", inner))
    other = timed("UNIX", "", inner.replace('"T"', '"u"')).replace("<ParameterSet>", f"<ParameterSet>{parameters('u')}")
    file = other.replace(
        "<ParameterTypeSet>",
        '<ParameterTypeSet><IntegerParameterType name="u8"><IntegerDataEncoding/></IntegerParameterType>',
    )
    assert refused(file) == ["line 1: a time with a calibration by other fields is not supported"]


def test_a_time_from_another_parameter_has_no_epoch():
    reading = database(timed(more='<OffsetFrom parameterRef="T"/>'))
    assert reading.definition.packets[0].fields[0].epoch == ""
    assert list(reading.skipped) == ["line 1: OffsetFrom is passed over"]


BINARY = "<BinaryDataEncoding><SizeInBits><FixedValue>64</FixedValue></SizeInBits>{}</BinaryDataEncoding>"


def test_a_time_in_octets_needs_its_algorithm_to_be_left_out():
    assert field_of(timed("TAI", "", BINARY.format(""))).kind == Octets(8)
    file = timed("TAI", "", BINARY.format('<FromBinaryTransformAlgorithm name="cuc"/>'))
    assert refused(file) == ["line 1: FromBinaryTransformAlgorithm cuc is not supported in BinaryDataEncoding"]
    assert refused(file, without=("FromBinaryTransformAlgorithm",)) == []
