"""All that is refused, and all that is passed over, in one run."""

import pytest

from tests.link.dictionary.xtce.files import U8, container, database, entries, parameters, refused, system, telemetry

ODD = "\n".join(
    (
        '<IntegerParameterType name="a"><IntegerDataEncoding encoding="BCD"/></IntegerParameterType>',
        '<FloatParameterType name="b"><FloatDataEncoding encoding="DEC"/></FloatParameterType>',
        '<StringParameterType name="c"><StringDataEncoding/></StringParameterType>',
        '<StringParameterType name="unused"><StringDataEncoding/></StringParameterType>',
    )
)


def test_everything_that_is_refused_is_told_at_once():
    said = "".join(parameters(name, of=name) for name in "abc")
    first, second = container("P", entries(*"abc")), container("Q", entries("a") + "<StreamSegmentEntry/>")
    assert refused(system("S", telemetry(f"\n{ODD}\n", said, f"{first}\n{second}"))) == [
        "line 2: IntegerDataEncoding: encoding = BCD is not supported",
        "line 3: FloatDataEncoding: encoding = DEC is not supported",
        "line 4: StringDataEncoding needs one of SizeInBits, Variable",
        "line 7: StreamSegmentEntry is not supported in EntryList",
    ]


ABOUT = """<StreamSet><FixedFrameStream/></StreamSet>
<AlgorithmSet/>
<MessageSet/>
<StreamSet/>"""


def test_what_says_nothing_of_layout_is_passed_over_and_reported():
    alarm = "<IntegerDataEncoding><ErrorDetectCorrect/></IntegerDataEncoding><ContextAlarmList/>"
    types = f'<IntegerParameterType name="u8"><ShortDescription/>{alarm}</IntegerParameterType>'
    named = (
        '<Parameter name="n" parameterTypeRef="u8"><ParameterProperties><SystemName/></ParameterProperties></Parameter>'
    )
    whole = telemetry(types, named, container("P", entries("n"))).replace(
        "</TelemetryMetaData>", f"{ABOUT}</TelemetryMetaData>"
    )
    reading = database(system("S", whole + "\n<ServiceSet/>"))
    assert list(reading.skipped) == [
        "line 2: AlgorithmSet is passed over",
        "line 1: ContextAlarmList is passed over",
        "line 1: ErrorDetectCorrect is passed over",
        "line 3: MessageSet is passed over",
        "line 5: ServiceSet is passed over",
        "line 1: ShortDescription is passed over",
        "lines 1, 4: StreamSet is passed over",
        "line 1: SystemName is passed over",
    ]


NO_LAYOUT = [
    "StreamSet", "AlgorithmSet", "MessageSet", "ServiceSet", "ShortDescription", "DefaultRateInStream",
    "RateInStreamSet", "SystemName", "PhysicalAddressSet", "TimeAssociation", "ErrorDetectCorrect", "ToString",
    "SizeRangeInCharacters", "ContextAlarmList", "BinaryContextAlarmList", "ContextSignificanceList", "VerifierSet",
    "Interlock", "ParameterToSetList", "ParametersToSuspendAlarmsOnSet", "AlarmConditions", "CustomAlarm",
    "ChangeAlarmRanges", "ChangePerSecondAlarmRanges", "AlarmMultiRanges", "EnumerationAlarmList",
    "StringAlarmList", "OffsetFrom",
]  # fmt: skip
"""Elements of the schemas of 1.0 to 1.3 that say nothing about octets."""


@pytest.mark.parametrize("tag", NO_LAYOUT)
def test_each_element_without_layout_is_passed_over(tag):
    whole = telemetry(U8, parameters("n"), container("P", entries("n")))
    reading = database(system("S", whole.replace("</TelemetryMetaData>", f"\n<{tag}/></TelemetryMetaData>")))
    assert list(reading.skipped) == [f"line 2: {tag} is passed over"]


def test_a_hundred_lines_are_enough():
    file = system("S", telemetry(U8) + "<ServiceSet/>" * 102)
    lines = ", ".join(["1"] * 100)
    assert database(file, system("T", "")).skipped == (f"a.xml: lines {lines} and 2 more: ServiceSet is passed over",)


def test_comments_are_no_elements():
    file = system("S", "<!-- a -->" + telemetry(U8, parameters("n"), "<!-- b -->" + container("P", entries("n"))))
    assert refused(file) == []


def test_of_one_type_all_is_reported():
    odd = (
        '<IntegerParameterType name="a">\n<IntegerDataEncoding bitOrder="leastSignificantBitFirst" encoding="BCD">\n'
        "<DefaultCalibrator><MathOperationCalibrator/></DefaultCalibrator></IntegerDataEncoding>\n"
        '<UnitSet><Unit power="x"/></UnitSet>\n<ValidRange minInclusive="low"/>\n<Odd/><Odder/></IntegerParameterType>'
    )
    file = system("S", telemetry(odd, parameters("a", of="a"), container("P", entries("a"))))
    assert refused(file.replace("<Odd/><Odder/>", "")) == [
        "line 2: IntegerDataEncoding: bitOrder = leastSignificantBitFirst is not supported",
        "line 2: IntegerDataEncoding: encoding = BCD is not supported",
        "line 3: MathOperationCalibrator is not supported in DefaultCalibrator",
        "line 4: Unit: power = x, expected a number",
        "line 5: ValidRange: minInclusive = low, expected a number",
    ]
    assert refused(file) == [
        "line 6: Odd is not supported in IntegerParameterType a",
        "line 6: Odder is not supported in IntegerParameterType a",
    ]


def test_of_a_group_and_of_labels_all_is_reported():
    types = (
        '<AggregateParameterType name="g"><MemberList>\n<Member name="a" typeRef="no"/>\n'
        '<Member name="b" typeRef="non"/>'
        '</MemberList></AggregateParameterType>\n<EnumeratedParameterType name="e"><IntegerDataEncoding/>'
        '<EnumerationList>\n<Enumeration value="x" label="A"/>\n<Enumeration value="1"/></EnumerationList>'
        "</EnumeratedParameterType>"
    )
    said = parameters("p", of="g") + parameters("q", of="e")
    assert refused(system("S", telemetry(types, said, container("P", entries("p", "q"))))) == [
        "line 2: no type is called no",
        "line 3: no type is called non",
        "line 5: Enumeration: value = x, expected a whole number",
        "line 6: Enumeration has no attribute label",
    ]


def test_what_is_passed_over_is_told_of_the_file_where_it_stands():
    odd = '<IntegerParameterType name="u8" colour="red"><IntegerDataEncoding/></IntegerParameterType>'
    files = [system(name, telemetry(odd, parameters("n"), container("P", entries("n")))) for name in "ST"]
    assert [sentence.partition(":")[0] for sentence in database(*files).skipped] == ["a.xml", "b.xml"]


def test_an_alarm_that_is_wrong_is_refused_with_the_rest():
    alarm = '<DefaultAlarm>\n<StaticAlarmRanges><WarningRange minInclusive="low"/></StaticAlarmRanges></DefaultAlarm>'
    odd = f'<IntegerParameterType name="a"><IntegerDataEncoding encoding="BCD"/>{alarm}</IntegerParameterType>'
    assert refused(system("S", telemetry(odd, parameters("n", of="a"), container("P", entries("n"))))) == [
        "line 1: IntegerDataEncoding: encoding = BCD is not supported",
        "line 2: WarningRange: minInclusive = low, expected a number",
    ]


def test_arrays_of_arrays_have_an_end():
    types = "".join(
        f'<ArrayParameterType name="a{n}" arrayTypeRef="{f"a{n - 1}" if n else "u8"}"><DimensionList><Dimension>'
        "<StartingIndex><FixedValue>0</FixedValue></StartingIndex><EndingIndex><FixedValue>0</FixedValue></EndingIndex>"
        "</Dimension></DimensionList></ArrayParameterType>"
        for n in range(20)
    )
    file = system("S", telemetry(U8 + types, parameters("n", of="a19"), container("P", entries("n"))))
    assert [sentence.partition(": ")[2] for sentence in refused(file)] == ["types nested more than 16 deep"]


def test_a_type_that_is_refused_is_told_once_whoever_uses_it():
    odd = '<IntegerParameterType name="bad"/>'
    groups = "".join(
        f'<AggregateParameterType name="{name}"><MemberList><Member name="m" typeRef="bad"/></MemberList>'
        "</AggregateParameterType>"
        for name in "gh"
    )
    said = parameters("n", of="bad") + parameters("p", of="g") + parameters("q", of="h")
    assert refused(system("S", telemetry(odd + groups, said, container("P", entries("n", "p", "q"))))) == [
        "line 1: IntegerParameterType bad has no encoding as a number"
    ]
