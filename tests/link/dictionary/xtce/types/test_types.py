"""XTCE types one by one: what each form becomes, and what is refused with its line."""

import pytest

from link.dictionary.conditions import Comparison
from link.dictionary.curves import Linear, Polynomial, Spline
from link.dictionary.kinds import (
    Array,
    Boolean,
    Counted,
    Enumeration,
    Field,
    Group,
    Integer,
    Lookup,
    Octets,
    Real,
    Reference,
    Terminated,
    Text,
)
from link.dictionary.limits import Limits
from link.dictionary.xtce.reader import read_xtce
from tests.link.dictionary.xtce.test_reader import document, line_of, with_type

U16 = '<IntegerDataEncoding sizeInBits="16"/>'
N = '<ParameterInstanceRef parameterRef="n"/>'


def calibrated(calibrator):
    inside = f"<DefaultCalibrator>{calibrator}</DefaultCalibrator>"
    return f'<IntegerDataEncoding sizeInBits="16">{inside}</IntegerDataEncoding>'


def text(size):
    return f"<StringDataEncoding>{size}</StringDataEncoding>"


def padded(octet):
    end = f"<TerminationChar>{octet}</TerminationChar>"
    return f"<SizeInBits><Fixed><FixedValue>16</FixedValue></Fixed>{end}</SizeInBits>"


def octets(size):
    return f"<BinaryDataEncoding><SizeInBits>{size}</SizeInBits></BinaryDataEncoding>"


def dynamic(adjustment=""):
    return f"<DynamicValue>{N}{adjustment}</DynamicValue>"


def array(start, end):
    return (
        f"<DimensionList><Dimension><StartingIndex>{start}</StartingIndex>\n"
        f"<EndingIndex>{end}</EndingIndex></Dimension></DimensionList>"
    )


FIXED = "<FixedValue>{}</FixedValue>"
CASES = '<DiscreteLookup value="16"><Comparison parameterRef="n" value="1"/></DiscreteLookup>'
LOOKUP = f"<DiscreteLookupList>{CASES}</DiscreteLookupList>"
LABELS = '<EnumerationList><Enumeration value="1" label="on"/></EnumerationList>'
TERMS = '<PolynomialCalibrator><Term exponent="2" coefficient="3"/></PolynomialCalibrator>'
LINE = '<PolynomialCalibrator><Term exponent="1" coefficient="3"/></PolynomialCalibrator>'
POINTS = (
    '<SplineCalibrator extrapolate="true"><SplinePoint raw="4" calibrated="2"/>'
    '<SplinePoint raw="0" calibrated="1"/></SplineCalibrator>'
)
ALARM = (
    '<DefaultAlarm minViolations="2"><StaticAlarmRanges><WarningRange minInclusive="1"/>'
    '<CriticalRange minInclusive="0" maxInclusive="9"/></StaticAlarmRanges></DefaultAlarm>'
)
UNITS = '<UnitSet><Unit power="2">m</Unit><Unit power="1">s</Unit><Unit/></UnitSet>'
INF = float("inf")


@pytest.mark.parametrize(
    ("form", "inside", "expected"),
    [
        ("Integer", UNITS + U16, Field(name="p", kind=Integer(16), unit="m^2 s")),
        ("Integer", calibrated(TERMS), Field(name="p", kind=Integer(16), calibration=Polynomial((0.0, 0.0, 3.0)))),
        ("Integer", calibrated(LINE), Field(name="p", kind=Integer(16), calibration=Linear(3.0, 0.0))),
        ("Float", calibrated(POINTS),
         Field(name="p", kind=Integer(16), calibration=Spline(((0, 1), (4, 2)), extrapolate=True))),
        ("Integer", U16 + '<ValidRange minInclusive="2"/>', Field(name="p", kind=Integer(16), range=(2, INF))),
        ("Integer", U16 + '<ValidRangeSet><ValidRange maxInclusive="2"/></ValidRangeSet>',
         Field(name="p", kind=Integer(16), range=(-INF, 2))),
        ("Integer", U16 + ALARM,
         Field(name="p", kind=Integer(16), limits=Limits(warning=(1, INF), critical=(0, 9), persistence=2))),
        ("Float", '<FloatDataEncoding encoding="IEEE754" byteOrder="leastSignificantByteFirst"/>',
         Field(name="p", kind=Real(32, "little"))),
        ("Enumerated", '<IntegerDataEncoding encoding="twosCompliment"/>' + LABELS,
         Field(name="p", kind=Enumeration({"on": 1}, 8, signed=True))),
        ("Boolean", "<IntegerDataEncoding/>", Field(name="p", kind=Boolean(8))),
        ("String", text(padded("00")),
         Field(name="p", kind=Text(2))),
        ("String", text("<SizeInBits><TerminationChar>0A</TerminationChar></SizeInBits>"),
         Field(name="p", kind=Text(Terminated(10)))),
        ("String", text("<Variable><TerminationChar/></Variable>"), Field(name="p", kind=Text(Terminated()))),
        ("String", text(f"<Variable>{dynamic()}</Variable>"), Field(name="p", kind=Text(Reference("n", 1, 0, 8)))),
        ("Binary", octets(LOOKUP), Field(name="p", kind=Octets(Lookup(((Comparison("n", 1), 2),))))),
        ("Binary", octets(dynamic('<LinearAdjustment slope="8" intercept="-16"/>')),
         Field(name="p", kind=Octets(Reference("n", 1, -2)))),
        ("Binary", octets(dynamic('<LinearAdjustment slope="4"/>')),
         Field(name="p", kind=Octets(Reference("n", 1, 0, 2)))),
        ("RelativeTime", f'<Encoding units="days">{calibrated(LINE)}</Encoding>',
         Field(name="p", kind=Integer(16), unit="d", calibration=Linear(3.0, 0.0))),
        ("AbsoluteTime", f"<Encoding>{U16}</Encoding>", Field(name="p", kind=Integer(16), unit="s")),
    ],
)  # fmt: skip
def test_what_a_type_becomes(form, inside, expected):
    (container,) = read_xtce(with_type(form, inside).encode()).packets
    assert container.fields[1] == expected


@pytest.mark.parametrize("size", ["<Variable><LeadingSize/></Variable>", "<SizeInBits><LeadingSize/></SizeInBits>"])
def test_a_leading_size_is_read_as_yamcs_does(size):
    (container,) = read_xtce(with_type("String", text(size)).encode(), (), "yamcs").packets
    assert container.fields[1].kind == Text(Counted(16))


def test_every_form_has_its_unit():
    unit = "<UnitSet><Unit>open</Unit></UnitSet>"
    for labels in ("", ' zeroStringValue="off" oneStringValue="on"'):
        file = with_type("Boolean", unit + "<IntegerDataEncoding/>").replace('"t">', f'"t"{labels}>')
        assert read_xtce(file.encode()).packets[0].fields[1].unit == "open"
    for form, inside in (("Enumerated", U16 + LABELS), ("String", text(padded("00"))), ("Integer", U16)):
        file = with_type(form, unit + inside)
        assert read_xtce(file.encode()).packets[0].fields[1].unit == "open"


def test_labels_of_truth_are_an_enumeration():
    file = with_type("Boolean", "<IntegerDataEncoding/>").replace(
        '"t">', '"t" zeroStringValue="off" oneStringValue="on">'
    )
    assert read_xtce(file.encode()).packets[0].fields[1].kind == Enumeration(
        {"off": 0, "on": 1}, 8, ranges=((2, 255, "on"),)
    )


@pytest.mark.parametrize(
    ("form", "inside", "said", "default"),
    [
        ("Integer", U16, "0x10", 16),
        ("Float", "<FloatDataEncoding/>", "2.5", 2.5),
        ("Boolean", "<IntegerDataEncoding/>", "True", True),
        ("Enumerated", U16 + LABELS, "on", "on"),
    ],
)
def test_what_a_type_has_at_first(form, inside, said, default):
    file = with_type(form, inside).replace('"t">', f'"t" initialValue="{said}">')
    assert read_xtce(file.encode()).packets[0].fields[1].default == default


AGGREGATE = """<AggregateParameterType name="g"><MemberList>
<Member name="x" typeRef="u8"/><Member name="y" typeRef="u8"/></MemberList></AggregateParameterType>"""


def structured(inside):
    return document(
        types=f'{AGGREGATE}<ArrayParameterType name="t" arrayTypeRef="g">\n{inside}\n</ArrayParameterType>',
        parameters='<Parameter name="p" parameterTypeRef="t"/>',
        entries='<ArrayParameterRefEntry parameterRef="p"/>',
    )


@pytest.mark.parametrize(
    ("end", "count"), [(FIXED.format(2), 3), (dynamic('<LinearAdjustment slope="2"/>'), Reference("n", 2, 1))]
)
def test_arrays_of_aggregates(end, count):
    (container,) = read_xtce(structured(array(FIXED.format(0), end)).encode()).packets
    member = Field(name="x", kind=Integer(8))
    assert container.fields[1].kind == Array(Group((member, Field(name="y", kind=Integer(8)))), count)


NEAR = '<ParameterInstanceRef parameterRef="q"/>'


@pytest.mark.parametrize(
    ("file", "where", "sentence"),
    [
        (with_type("Integer", U16).replace('"t">', '"t" baseType="t">'), "baseType",
         "IntegerParameterType t: t cannot be its base"),
        (with_type("Integer", U16).replace('"t">', '"t" initialValue="many">'), "many",
         "initialValue = many, expected a number"),
        (with_type("Enumerated", LABELS), '"t"', "EnumeratedParameterType t has no encoding as a whole number"),
        (with_type("String", ""), '"t"', "StringParameterType t has no encoding as a string"),
        (with_type("Binary", ""), '"t"', "BinaryParameterType t has no encoding as octets"),
        (with_type("AbsoluteTime", ""), '"t"', "AbsoluteTimeParameterType t has no Encoding"),
        (with_type("String", text("<Variable><TerminationChar>0D0</TerminationChar></Variable>")), "0D0",
         "TerminationChar 0D0, expected 1 to 16 octets in hexadecimal"),
        (with_type("String", text(f"<SizeInBits><Fixed>{FIXED.format('x')}</Fixed></SizeInBits>")), "Fixed",
         "FixedValue x, expected a whole number"),
        (with_type("Binary", octets("<DynamicValue/>")), "Dynamic", "DynamicValue needs a reference to a parameter"),
        (with_type("Binary", octets(dynamic('<LinearAdjustment slope="few"/>'))), "slope",
         "LinearAdjustment: slope = few, expected a number"),
        (with_type("Binary", octets(FIXED.format(8) + "\n" + LOOKUP)), "Lookup",
         "a second DiscreteLookupList is not supported in SizeInBits"),
        (with_type("Binary", octets("")), "SizeIn",
         "SizeInBits needs one of FixedValue, DynamicValue, DiscreteLookupList"),
        (with_type("Integer", calibrated(POINTS.replace('"true"', '"perhaps"'))), "perhaps",
         "SplineCalibrator: extrapolate = perhaps, expected true or false"),
        (structured(array(FIXED.format(3), FIXED.format(1))), "Starting", "an array from index 3 to 1 is impossible"),
        (structured(array(dynamic(), FIXED.format(1))), "Starting",
         "an array whose first index varies is not supported"),
        (structured(array(FIXED.format(0), dynamic().replace('"n"', '"q"'))), '"q"', "no parameter is called q"),
    ],
)  # fmt: skip
def test_what_is_not_supported_is_named_with_its_line(file, where, sentence):
    with pytest.raises(ValueError) as caught:  # noqa: PT011  # the whole sentence is compared
        read_xtce(file.encode())
    assert str(caught.value) == f"line {line_of(file, where)}: {sentence}"


def test_a_kind_of_type_that_nobody_knows():
    file = document(types='<ArgumentParameterType name="t"/>')
    with pytest.raises(ValueError, match="ArgumentParameterType t is not supported in ParameterTypeSet"):
        read_xtce(file.encode())
