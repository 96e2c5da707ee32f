"""Numbers, texts and sizes of XTCE: byte orders, calibrators, buffers and adjustments, by each version's schema."""

import pytest

from link.dictionary.conditions import Comparison
from link.dictionary.curves import Linear, Powers
from link.dictionary.kinds import (
    Array,
    Boolean,
    Counted,
    Enumeration,
    Field,
    Group,
    Integer,
    Octets,
    Real,
    Reference,
    Terminated,
    Text,
)
from link.dictionary.limits import Limits
from tests.link.dictionary.xtce.files import (
    U8,
    container,
    database,
    decoded,
    entries,
    equal,
    parameters,
    refused,
    system,
    telemetry,
)


def typed(form, inside, version="1.2", more="", **attributes):
    """A file with a parameter p of a type t after n."""
    said = "".join(f' {name}="{value}"' for name, value in attributes.items())
    types = f'{U8}{more}<{form}ParameterType name="t"{said}>{inside}</{form}ParameterType>'
    return system(
        "S", telemetry(types, parameters("n") + parameters("p", of="t"), container("P", entries("n", "p"))), version
    )


def field_of(*words, **options):
    dialect = options.pop("dialect", "portable")
    return database(typed(*words, **options), dialect=dialect).definition.packets[0].fields[1]


def sentence(*words, **options):
    (said,) = refused(typed(*words, **options))
    return said.removeprefix("line 1: ")


def bytes_of(*significances):
    return "".join(f'<Byte byteSignificance="{one}"/>' for one in significances)


@pytest.mark.parametrize(
    ("said", "listed", "bits", "order"),
    [
        ('byteOrder="leastSignificantByteFirst"', "", 16, "little"),
        ('byteOrder="leastSignificantByteFirst"', "", 3, "big"),
        ('byteOrder="3,2,1,0"', "", 32, "big"),
        ('byteOrder="0,1,2,3"', "", 32, "little"),
        ('byteOrder="1,0,3,2"', "", 32, "3412"),
        ('byteOrder="0"', "", 8, "big"),
        ("", (1, 0), 16, "big"),
        ("", (0, 1, 2), 24, "little"),
        ("", (2, 3, 0, 1), 32, "2143"),
    ],
)
def test_byte_orders(said, listed, bits, order):
    inside = f"<ByteOrderList>{bytes_of(*listed)}</ByteOrderList>" if listed else ""
    kind = field_of("Integer", f'<IntegerDataEncoding sizeInBits="{bits}" {said}>{inside}</IntegerDataEncoding>').kind
    assert kind == Integer(bits, order=order)


def test_the_second_order_in_octets():
    """Significances 1 0 3 2: the octets 02 01 04 03 on the wire are 0x03040102... as 3412 reads them."""
    file = typed("Integer", '<IntegerDataEncoding sizeInBits="32" byteOrder="1,0,3,2"/>')
    assert decoded(file, b"\0\x0c\x0d\x0a\x0b")["p"] == 0x0A0B0C0D


@pytest.mark.parametrize("said", ['byteOrder="1,1"', 'byteOrder="0,2"', 'byteOrder="1,0,2"'])
def test_byte_orders_that_are_none(said):
    assert "is not supported" in sentence("Integer", f'<IntegerDataEncoding sizeInBits="16" {said}/>')


def test_more_refusals_of_numbers():
    assert (
        sentence("Integer", '<IntegerDataEncoding byteOrder="x"/>')
        == "IntegerDataEncoding: byteOrder = x is not supported"
    )
    assert (
        sentence("Float", '<FloatDataEncoding byteOrder="1,0,3,2"/>')
        == "a float in the byte order 3412 is not supported"
    )
    swapped = '<FloatDataEncoding byteOrder="0,1,2,3"/>'
    assert field_of("Float", swapped).kind == Real(32, "little")
    assert sentence("Integer", '<IntegerDataEncoding sizeInBits="12" byteOrder="leastSignificantByteFirst"/>') == (
        "IntegerParameterType t: an integer of 12 bits cannot have the byte order little"
    )
    assert (
        sentence("Integer", "<StringDataEncoding/>") == "StringDataEncoding is not supported in IntegerParameterType t"
    )
    both = "<IntegerDataEncoding/><FloatDataEncoding/>"
    assert sentence("Integer", both) == "FloatDataEncoding is not supported in IntegerParameterType t"


@pytest.mark.parametrize(
    ("said", "value"), [("08", 8), ("0x10", 16), ("0X1f", 31), ("0o17", 15), ("0b101", 5), (" +7 ", 7)]
)
def test_whole_numbers(said, value):
    assert field_of("Integer", f'<IntegerDataEncoding sizeInBits="{said}"/>').kind == Integer(value)


@pytest.mark.parametrize("said", ["1_0", "٣", "", "8.0", "0x", "1e3", "9" * 81, "9" * 30])
def test_what_is_no_whole_number(said):
    found = sentence("Integer", f'<IntegerDataEncoding sizeInBits="{said}"/>')
    assert found == f"IntegerDataEncoding: sizeInBits = {said[:40]}, expected a whole number"


def curve(inside, tag="PolynomialCalibrator", said=""):
    calibrator = f"<DefaultCalibrator><{tag} {said}>{inside}</{tag}></DefaultCalibrator>"
    return f"<IntegerDataEncoding>{calibrator}</IntegerDataEncoding>"


def terms(**by_exponent):
    return "".join(f'<Term exponent="{e.lstrip("_")}" coefficient="{c}"/>' for e, c in by_exponent.items())


def test_exponents_of_every_kind():
    inverse = curve('<Term exponent="-1" coefficient="8"/><Term exponent="0.5" coefficient="1"/>')
    assert field_of("Float", inverse).calibration == Powers(((8.0, -1.0), (1.0, 0.5)))
    assert decoded(typed("Float", inverse), b"\0\4")["p"] == 4.0
    assert decoded(typed("Float", inverse), b"\0\0")["p"].raw == 0
    same = curve('<Term exponent="1" coefficient="2"/><Term exponent="1.0" coefficient="3"/>')
    assert field_of("Float", same).calibration == Linear(5.0, 0.0)


def test_refusals_of_calibrators():
    infinite = curve('<Term exponent="1" coefficient="INF"/>')
    assert sentence("Float", infinite) == "calibration: inf is no finite number"
    points = '<SplinePoint raw="1" calibrated="1"/><SplinePoint raw="2" calibrated="2" order="0"/>'
    assert (
        sentence("Float", curve(points, "SplineCalibrator"))
        == "a SplinePoint with another order than its calibrator is not supported"
    )


CURVE = f"<Calibrator><PolynomialCalibrator>{terms(_1=5)}</PolynomialCalibrator></Calibrator>"


@pytest.mark.parametrize(
    "match",
    [f"<ContextMatch>{equal('n', 1)}</ContextMatch>",
     '<UseWhenCondition><Condition><ParameterInstanceRef parameterRef="n"/><ComparisonOperator>==</ComparisonOperator>'
     "<Value>1</Value></Condition></UseWhenCondition>"],
)  # fmt: skip
def test_calibrators_by_context(match):
    inside = f"<ContextCalibratorList><ContextCalibrator>{match}{CURVE}</ContextCalibrator></ContextCalibratorList>"
    encoding = f"<IntegerDataEncoding>{inside}</IntegerDataEncoding>"
    assert field_of("Float", encoding).contexts == ((Comparison("n", 1), Linear(5.0, 0.0)),)


def test_a_context_without_a_match():
    inside = f"<ContextCalibratorList><ContextCalibrator>{CURVE}</ContextCalibrator></ContextCalibratorList>"
    said = sentence("Float", f"<IntegerDataEncoding>{inside}</IntegerDataEncoding>")
    assert said == "ContextCalibrator needs a ContextMatch and a Calibrator"


def string(size, encoding=""):
    said = f' encoding="{encoding}"' if encoding else ""
    return f"<StringDataEncoding{said}>{size}</StringDataEncoding>"


FIXED = "<Fixed><FixedValue>32</FixedValue></Fixed>"
BUFFER = '<DynamicValue><ParameterInstanceRef parameterRef="n"/><LinearAdjustment slope="8"/></DynamicValue>'
IGNORED = '<DynamicValue><ParameterInstanceRef parameterRef="_yamcs_ignore"/></DynamicValue>'
LOOKUP = f'<DiscreteLookupList><DiscreteLookup value="16">{equal("n", 1)}</DiscreteLookup></DiscreteLookupList>'
END, LEADING = "<TerminationChar>{}</TerminationChar>", '<LeadingSize sizeInBitsOfSizeTag="8"/>'


@pytest.mark.parametrize(
    ("encoding", "kind"),
    [
        (string(f"<SizeInBits>{FIXED}</SizeInBits>"), Text(4, ends="")),
        (string(f"<SizeInBits>{FIXED}{END.format('')}</SizeInBits>"), Text(4)),
        (string(f"<SizeInBits>{FIXED}{END.format('0A')}</SizeInBits>", "US-ASCII"), Text(4, "ascii", "0a")),
        (string(f"<SizeInBits><Fixed>{BUFFER}</Fixed></SizeInBits>"), Text(Reference("n"))),
        (string(f"<SizeInBits>{FIXED}{LEADING}</SizeInBits>"), Text(4, leading_bits=8)),
        (string(f"<Variable>{BUFFER}{END.format('00')}</Variable>"), Text(Reference("n"), ends="00")),
        (string(f"<Variable>{BUFFER}{LEADING}</Variable>"), Text(Reference("n"), leading_bits=8)),
        (string(f"<Variable>{IGNORED}{LEADING}</Variable>"), Text(Counted(8))),
        (string(f"<Variable>{END.format('00')}</Variable>", "UTF-16"), Text(Terminated(octets="0000"), "utf-16")),
        (string(f"<SizeInBits>{FIXED}{END.format('00')}</SizeInBits>", "UTF-32BE"), Text(4, "utf-32-be")),
        (string(f"<Variable>{IGNORED}{END.format('0000')}</Variable>", "UTF-16LE"),
         Text(Terminated(octets="0000"), "utf-16-le")),
    ],
)  # fmt: skip
def test_texts(encoding, kind):
    assert field_of("String", encoding, dialect="yamcs").kind == kind


def test_a_text_in_a_buffer_that_is_looked_up():
    assert decoded(typed("String", string(f"<Variable>{LOOKUP}</Variable>")), b"\1ab")["p"] == "ab"


def test_refusals_of_texts():
    assert (
        sentence("String", string("<Variable/>", "EBCDIC")) == "StringDataEncoding: encoding = EBCDIC is not supported"
    )
    assert sentence("String", string(f"<SizeInBits>{END.format('x')}</SizeInBits>")) == (
        "TerminationChar x, expected 1 to 16 octets in hexadecimal"
    )
    for end in ("0A", "000A00", "0A0000"):
        half = string(f"<Variable>{END.format(end)}</Variable>", "UTF-16")
        assert sentence("String", half) == f"TerminationChar {end} is no whole character"
    twice = string(f"<Variable>{END.format('00')}{END.format('00')}</Variable>")
    assert sentence("String", twice) == "a second TerminationChar is not supported in Variable"


def binary(size, more=""):
    return f"<BinaryDataEncoding><SizeInBits>{size}</SizeInBits>{more}</BinaryDataEncoding>"


def adjusted(said):
    return binary(f'<DynamicValue><ParameterInstanceRef parameterRef="n"/><LinearAdjustment {said}/></DynamicValue>')


@pytest.mark.parametrize(
    ("said", "version", "expected"),
    [
        ('intercept="8"', "1.2", Reference("n", 1, 8, 8)),
        ('intercept="16"', "1.3", Reference("n", 1, 16, 8)),
        ('slope="8" intercept="-16"', "1.1", Reference("n", 1, -2)),
        ('slope="0.125"', "1.2", Reference("n", 1, 0, 64)),
        ('slope="0" intercept="24"', "1.2", Reference("n", 0, 3)),
        ('slope="1e1"', "1.2", Reference("n", 5, 0, 4)),
    ],
)
def test_adjustments(said, version, expected):
    assert field_of("Binary", adjusted(said), version=version).kind == Octets(expected)


@pytest.mark.parametrize("said", ['slope="1/8"', 'slope="x"', 'slope="1e40"', 'slope="inf"', 'slope="1e-40"'])
def test_adjustments_that_are_none(said):
    assert "expected a number" in sentence("Binary", adjusted(said))


def test_a_file_without_namespace_is_read_as_1_2():
    """Where an adjustment without slope has slope 1, which it has not in 1.1."""
    file = typed("Binary", adjusted('intercept="8"')).replace(' xmlns="http://www.omg.org/spec/XTCE/20180204"', "")
    assert "xmlns" not in file
    assert database(file).definition.packets[0].fields[1].kind == Octets(Reference("n", 1, 8, 8))


def test_an_adjustment_without_slope_is_nothing_in_old_versions():
    assert sentence("Binary", adjusted('intercept="8"'), version="1.1") == (
        "a LinearAdjustment without slope has slope 0 in XTCE 1.1: give it a slope"
    )


def test_a_size_counts_by_its_calibrated_value():
    inside = f"<DefaultCalibrator><PolynomialCalibrator>{terms(_1=8)}</PolynomialCalibrator></DefaultCalibrator>"
    more = (
        f'<IntegerParameterType name="u8x"><IntegerDataEncoding>{inside}</IntegerDataEncoding></IntegerParameterType>'
    )
    for said, calibrated in (("", True), (' useCalibratedValue="false"', False)):
        size = binary(f'<DynamicValue><ParameterInstanceRef parameterRef="n"{said}/></DynamicValue>')
        file = typed("Binary", size, more=more).replace('"n" parameterTypeRef="u8"', '"n" parameterTypeRef="u8x"')
        kind = database(file).definition.packets[0].fields[1].kind
        assert kind == Octets(Reference("n", 1, 0, 8, calibrated))


def test_sizes_that_cannot_be():
    reference = '<DynamicValue><ParameterInstanceRef parameterRef="{}"{}/></DynamicValue>'
    assert sentence("Binary", binary(reference.format("n", ' instance="-1"'))) == (
        "a size from an earlier instance is not supported"
    )
    text = f'<StringParameterType name="s">{string(f"<SizeInBits>{FIXED}</SizeInBits>")}</StringParameterType>'
    file = typed("Binary", binary(reference.format("n", "")), more=text).replace(
        '"n" parameterTypeRef="u8"', '"n" parameterTypeRef="s"'
    )
    assert refused(file) == ["line 1: n is no number, it cannot be a size"]
    context = f"<ContextCalibrator><ContextMatch>{equal('k', 1)}</ContextMatch>{CURVE}</ContextCalibrator>"
    inside = f"<ContextCalibratorList>{context}</ContextCalibratorList>"
    odd = f'<IntegerParameterType name="s"><IntegerDataEncoding>{inside}</IntegerDataEncoding></IntegerParameterType>'
    file = typed("Binary", binary(reference.format("n", "")), more=odd).replace(
        '<Parameter name="n" parameterTypeRef="u8"/>', parameters("k") + parameters("n", of="s")
    )
    assert refused(file) == ["line 1: n has a calibration by other fields, so it cannot be a size"]
    wide = adjusted('slope="9e18" intercept="0.0000000001"')
    assert "scale of a size" in sentence("Binary", wide)
    assert sentence("Binary", "<BinaryDataEncoding/>") == "BinaryDataEncoding needs SizeInBits"


def test_how_octets_are_written_says_nothing_of_what_is_read():
    undone = "<ToBinaryTransformAlgorithm/>"
    assert field_of("Binary", binary("<FixedValue>8</FixedValue>", undone)).kind == Octets(1)


def test_a_number_for_each_of_several_labels_and_ranges():
    listed = "".join(
        f"<Enumeration {one}/>"
        for one in ('value="0" label="off"', 'value="1" maxValue="3" label="on"', 'value="7" label="off"')
    )
    inside = f"<IntegerDataEncoding/><EnumerationList>{listed}</EnumerationList>"
    kind = field_of("Enumerated", inside).kind
    assert kind == Enumeration({"off": 0, "on": 1}, ranges=((1, 3, "on"), (7, 7, "off")))
    assert kind.values_of("off") == [(0, 0), (7, 7)]
    file = typed("Enumerated", inside)
    assert [decoded(file, bytes([0, raw]))["p"] for raw in (0, 2, 7)] == ["off", "on", "off"]
    assert decoded(file, b"\0\x09")["p"].raw == 9


@pytest.mark.parametrize(
    ("listed", "said"),
    [('<Enumeration value="1" label="a"/><Enumeration value="1" label="b"/>', "1 has two labels, a and b"),
     ('<Enumeration value="1" maxValue="5" label="a"/><Enumeration value="3" label="b"/>', "3 has two labels, a and b"),
     ('<Enumeration value="5" maxValue="1" label="a"/><Enumeration value="9" label="b"/>',
      "label a has an empty range, from 5 to 1")],
)  # fmt: skip
def test_labels_that_cannot_be(listed, said):
    assert sentence("Enumerated", f"<IntegerDataEncoding/><EnumerationList>{listed}</EnumerationList>") == said


def test_labels_and_truth_without_lists():
    assert sentence("Enumerated", "<IntegerDataEncoding/>") == "EnumeratedParameterType t has no EnumerationList"
    assert field_of("Boolean", '<IntegerDataEncoding sizeInBits="1"/>').kind == Boolean(1)
    signed = '<IntegerDataEncoding encoding="twosComplement"/>'
    assert field_of("Boolean", signed, oneStringValue="yes", zeroStringValue="no").kind == Enumeration(
        {"no": 0, "yes": 1}, 8, signed=True, ranges=((-128, -1, "yes"), (2, 127, "yes"))
    )


U16 = '<IntegerDataEncoding sizeInBits="16"/>'


def test_a_type_inherits_from_its_base():
    inside = f"<UnitSet><Unit>V</Unit></UnitSet>{U16}"
    more = f'<IntegerParameterType name="b" shortDescription="A base.">{inside}</IntegerParameterType>'
    assert field_of("Integer", "", more=more, baseType="b") == Field(
        name="p", kind=Integer(16), unit="V", text="A base."
    )
    assert field_of("Integer", "<IntegerDataEncoding/>", more=more, baseType="b").kind == Integer(8)
    second = more + '<IntegerParameterType name="c" baseType="b"><UnitSet/></IntegerParameterType>'
    assert field_of("Integer", "", more=second, baseType="c") == Field(name="p", kind=Integer(16), text="A base.")
    labels = '<EnumerationList><Enumeration value="1" label="on"/></EnumerationList>'
    ranged = more.replace("</IntegerParameterType>", '<ValidRange minInclusive="0"/></IntegerParameterType>')
    assert field_of("Enumerated", labels, more=ranged, baseType="b").kind == Enumeration({"on": 1}, 16)
    assert sentence("Integer", "", baseType="b") == "no type is called b"
    assert sentence("Integer", "", more='<IntegerParameterType name="b"/>', baseType="b") == (
        "IntegerParameterType t has no encoding as a number"
    )


@pytest.mark.parametrize(
    ("form", "said", "expected"),
    [("Integer", 'minExclusive="0" maxExclusive="9"', (1, 8)),
     ("Integer", 'minExclusive="0.5"', (0.5000000000000001, float("inf"))),
     ("Float", 'maxExclusive="1"', (float("-inf"), 0.9999999999999999))],
)  # fmt: skip
def test_bounds_that_are_excluded(form, said, expected):
    assert field_of(form, f"{U16}<ValidRange {said}/>").range == expected


def test_of_several_ranges_none_is_said():
    ranges = '<ValidRangeSet><ValidRange maxInclusive="2"/><ValidRange minInclusive="9"/></ValidRangeSet>'
    assert field_of("Integer", U16 + ranges).range is None


def test_alarms_that_are_no_bands():
    ranges = '<StaticAlarmRanges rangeForm="inside"><WarningRange minInclusive="1"/></StaticAlarmRanges>'
    inside = f"<DefaultAlarm>{ranges}</DefaultAlarm>"
    assert field_of("Integer", U16 + inside).limits is None
    severe = inside.replace(' rangeForm="inside"', "").replace(
        "<WarningRange", '<SevereRange minInclusive="0"/><WarningRange'
    )
    assert field_of("Integer", U16 + severe).limits == Limits(warning=(1, float("inf")))
    assert field_of("Integer", U16 + "<DefaultAlarm><CustomAlarm/></DefaultAlarm>").limits is None


@pytest.mark.parametrize(
    ("form", "inside"),
    [
        ("Array", "<DimensionList><Size><FixedValue>2</FixedValue></Size></DimensionList>"),
        ("AbsoluteTime", "<Encoding><IntegerDataEncoding/></Encoding>"),
    ],
)
def test_what_has_no_initial_value(form, inside):
    assert field_of(form, inside, initialValue="PT0S", arrayTypeRef="u8").default is None


@pytest.mark.parametrize(("said", "value"), [("1", True), ("TRUE", True), ("0", False)])
def test_initial_truth(said, value):
    assert field_of("Boolean", "<IntegerDataEncoding/>", initialValue=said).default is value


def dimension(start, end):
    return f"<Dimension><StartingIndex>{start}</StartingIndex><EndingIndex>{end}</EndingIndex></Dimension>"


ONE, FOUR = "<FixedValue>1</FixedValue>", "<FixedValue>4</FixedValue>"


def test_dimensions():
    sized = f"<DimensionList>{dimension(ONE, FOUR)}<Size><FixedValue>2</FixedValue></Size></DimensionList>"
    assert field_of("Array", sized, arrayTypeRef="u8").kind == Array(Array(Integer(8), 2), 4)
    varying = f"<DimensionList>{dimension(ONE, BUFFER.replace('slope=', 'intercept='))}</DimensionList>"
    assert field_of("Array", varying, arrayTypeRef="u8").kind == Array(Integer(8), Reference("n", 1, 8))
    assert sentence("Array", "<DimensionList><Dimension/></DimensionList>", arrayTypeRef="u8") == (
        "Dimension needs a StartingIndex and an EndingIndex"
    )
    assert sentence("Array", "<DimensionList/>", arrayTypeRef="u8") == "DimensionList has no Dimension"
    assert sentence("Array", "", arrayTypeRef="u8") == "ArrayParameterType t has no DimensionList, nor has the entry"
    below = f"<DimensionList>{dimension(ONE, ONE).replace('>1<', '>-1<')}</DimensionList>"
    assert sentence("Array", below, arrayTypeRef="u8") == "an array from index -1 to -1 is impossible"


def test_a_last_index_of_parts():
    """Its number of elements is one more, whatever it is divided by."""
    half = '<DynamicValue><ParameterInstanceRef parameterRef="n"/><LinearAdjustment slope="0.5"/></DynamicValue>'
    zero = ONE.replace(">1<", ">0<")
    file = typed("Array", f"<DimensionList>{dimension(zero, half)}</DimensionList>", arrayTypeRef="u8")
    assert decoded(file, b"\4\1\2\3")["p"] == [1, 2, 3]


@pytest.mark.parametrize("said", ['byteOrder="leastSignificantByteFirst"', 'bitOrder="leastSignificantBitFirst"'])
def test_texts_and_octets_in_another_order_are_refused(said):
    word = said.replace('"', "").replace("=", " = ")
    for form in ("String", "Binary"):
        inside = string(f"<SizeInBits>{FIXED}</SizeInBits>") if form == "String" else binary(FOUR.replace("4", "32"))
        turned = inside.replace(f"<{form}DataEncoding", f"<{form}DataEncoding {said}", 1)
        assert sentence(form, turned) == f"{form}DataEncoding: {word} is not supported"


def test_a_size_below_nothing():
    assert sentence("Binary", binary("<FixedValue>-8</FixedValue>")) == (
        "a size of -8 bits is not supported, only of whole octets"
    )


def test_an_entry_says_how_many_elements():
    listed = f"<DimensionList>{dimension(ONE, FOUR)}</DimensionList>"
    file = typed("Array", "", arrayTypeRef="u8").replace(
        '<ParameterRefEntry parameterRef="p"/>',
        f'<ArrayParameterRefEntry parameterRef="p">{listed}</ArrayParameterRefEntry>',
    )
    assert decoded(file, b"\0\1\2\3\4")["p"] == [1, 2, 3, 4]


def test_types_that_are_nested_too_deep():
    more = "".join(
        f'<AggregateParameterType name="g{level}"><MemberList><Member name="m" typeRef="g{level + 1}"/></MemberList>'
        "</AggregateParameterType>"
        for level in range(18)
    )
    assert sentence("Aggregate", '<MemberList><Member name="m" typeRef="g0"/></MemberList>', more=more) == (
        "types nested more than 16 deep"
    )


def test_members_have_their_own_description():
    member = '<Member name="m" typeRef="u8" shortDescription="Volts."/>'
    field = Field(name="m", kind=Integer(8), text="Volts.")
    assert field_of("Aggregate", f"<MemberList>{member}</MemberList>").kind == Group((field,))


def test_a_size_by_default_where_no_case_holds():
    """XTCE 1.3; before, a packet with another number was invalid from here on."""
    by_default = LOOKUP.replace("<DiscreteLookupList>", '<DiscreteLookupList defaultValue="8">')
    whole = typed("Binary", f"<BinaryDataEncoding><SizeInBits>{by_default}</SizeInBits></BinaryDataEncoding>", "1.3")
    assert decoded(whole, b"\x01ab")["p"] == b"ab"
    assert decoded(whole, b"\x02c")["p"] == b"c"


def test_words_that_are_in_no_schema_and_can_be_nothing_else():
    assert field_of("Integer", '<IntegerDataEncoding encoding="signed"/>').kind.signed
    assert field_of("Float", '<FloatDataEncoding encoding="IEEE-754"/>').kind.bits == 32


@pytest.mark.parametrize(
    ("name", "octets"),
    [
        ("UTF-8", "c3a9e282ac"),
        ("ISO-8859-1", "e9"),
        ("Windows-1252", "e980"),
        ("UTF-16", "feff00e920ac"),
        ("UTF-16LE", "e900ac20"),
        ("UTF-16BE", "00e920ac"),
        ("UTF-32", "0000feff000000e9000020ac"),
        ("UTF-32LE", "e9000000ac200000"),
        ("UTF-32BE", "000000e9000020ac"),
    ],
)
def test_characters_of_every_name(name, octets):
    """e with an acute accent, and the euro sign where there is one, as Unicode and its code pages number them."""
    whole = bytes.fromhex(octets)
    size = f"<SizeInBits><Fixed><FixedValue>{8 * len(whole)}</FixedValue></Fixed></SizeInBits>"
    expected = "é" if name == "ISO-8859-1" else "é€"
    assert decoded(typed("String", string(size, name)), b"\1" + whole)["p"] == expected
