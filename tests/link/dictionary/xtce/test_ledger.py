"""All that is refused, and all that is passed over, in one run."""

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


def test_what_says_nothing_of_layout_is_passed_over_and_told():
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


def test_a_hundred_lines_are_enough():
    file = system("S", telemetry(U8) + "<ServiceSet/>" * 102)
    lines = ", ".join(["1"] * 100)
    assert database(file, system("T", "")).skipped == (f"a.xml: lines {lines} and 2 more: ServiceSet is passed over",)


def test_comments_are_no_elements():
    file = system("S", "<!-- a -->" + telemetry(U8, parameters("n"), "<!-- b -->" + container("P", entries("n"))))
    assert refused(file) == []
