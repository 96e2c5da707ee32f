"""Foreign XTCE: what it may say, and that what is not supported is named with its line."""

import pytest

from link.dictionary.codec.packets import PacketReader
from link.dictionary.conditions import All, Comparison, Either
from link.dictionary.curves import Linear
from link.dictionary.kinds import Field, Integer
from link.dictionary.xtce.reader import read_xtce


def document(types="", parameters="", entries="", more="", inside=""):
    """A small file with one container C of one octet n."""
    return f"""<SpaceSystem name="S" xmlns="http://www.omg.org/spec/XTCE/20180204">
<TelemetryMetaData>
<ParameterTypeSet>
<IntegerParameterType name="u8"><IntegerDataEncoding sizeInBits="8"/></IntegerParameterType>
{types}
</ParameterTypeSet>
<ParameterSet><Parameter name="n" parameterTypeRef="u8"/>{parameters}</ParameterSet>
<ContainerSet>
<SequenceContainer name="C">
<EntryList><ParameterRefEntry parameterRef="n"/>
{entries}
</EntryList>
{inside}
</SequenceContainer>
</ContainerSet>
</TelemetryMetaData>
{more}
</SpaceSystem>"""


def with_type(form, inside):
    """A file with a parameter p of a type t after n."""
    return document(
        types=f'<{form}ParameterType name="t">\n{inside}\n</{form}ParameterType>',
        parameters='<Parameter name="p" parameterTypeRef="t"/>',
        entries='<ParameterRefEntry parameterRef="p"/>',
    )


def line_of(file, piece):
    return next(number for number, line in enumerate(file.split("\n"), 1) if piece in line)


FIXED_12 = "<SizeInBits><Fixed>\n<FixedValue>12</FixedValue>\n</Fixed></SizeInBits>"
LEADING = "<Variable>\n<LeadingSize/>\n</Variable>"
SPLINE = '<DefaultCalibrator>\n<SplineCalibrator order="2"/>\n</DefaultCalibrator>'
MATH = "<DefaultCalibrator>\n<MathOperationCalibrator/>\n</DefaultCalibrator>"


@pytest.mark.parametrize(
    ("file", "where", "sentence"),
    [
        (document(more="<Services/>"), "Services", "Services is not supported in SpaceSystem S"),
        (document(entries="<StreamSegmentEntry/>"), "Stream", "StreamSegmentEntry is not supported in EntryList"),
        (document(entries='<ParameterRefEntry parameterRef="q"/>'), '"q"', "no parameter is called q"),
        (document(entries="<ParameterRefEntry/>"), "RefEntry/>", "ParameterRefEntry has no attribute parameterRef"),
        (with_type("Float", '<FloatDataEncoding encoding="MILSTD_1750A"/>'), "1750A",
         "FloatDataEncoding: encoding = MILSTD_1750A is not supported"),
        (with_type("Float", '<FloatDataEncoding sizeInBits="128"/>'), "128", "a float of 128 bits is not supported"),
        (with_type("Integer", '<IntegerDataEncoding encoding="BCD"/>'), "BCD",
         "IntegerDataEncoding: encoding = BCD is not supported"),
        (with_type("Integer", '<IntegerDataEncoding bitOrder="leastSignificantBitFirst"/>'), "bitOrder",
         "IntegerDataEncoding: bitOrder = leastSignificantBitFirst is not supported"),
        (with_type("Integer", '<IntegerDataEncoding sizeInBits="x"/>'), '"x"',
         "IntegerDataEncoding: sizeInBits = x, expected a whole number"),
        (with_type("Integer", ""), '"t">', "IntegerParameterType t has no encoding as a number"),
        (with_type("Integer", f"<IntegerDataEncoding>{MATH}</IntegerDataEncoding>"), "MathOp",
         "MathOperationCalibrator is not supported in DefaultCalibrator"),
        (with_type("Integer", f"<IntegerDataEncoding>{SPLINE}</IntegerDataEncoding>"), "SplineC",
         "a spline of order 2 with 0 points is not supported"),
        (with_type("String", f"<StringDataEncoding>{FIXED_12}</StringDataEncoding>"), "12",
         "a size of 12 bits is not supported, only of whole octets"),
        (with_type("String", f"<StringDataEncoding>{LEADING}</StringDataEncoding>"), "Leading",
         "LeadingSize is not supported: some tools count bits in it, some octets; as octets with --dialect yamcs"),
    ],
)  # fmt: skip
def test_what_is_not_supported_is_named_with_its_line(file, where, sentence):
    with pytest.raises(ValueError) as caught:  # noqa: PT011  # the whole sentence is compared
        read_xtce(file.encode())
    assert str(caught.value) == f"line {line_of(file, where)}: {sentence}"


def test_what_one_can_do_without_is_left_out_on_request():
    file = document(more="<Services/>").encode()
    assert read_xtce(file, without=("Services",)).packets[0].name == "C"


@pytest.mark.parametrize(
    ("octets", "sentence"),
    [
        (b"hello", "not XML: syntax error"),
        (b'<?xml version="1.0" encoding="x"?><SpaceSystem/>', "not XML: unknown encoding"),
        (b"<html/>", "not XTCE: the outermost element is html"),
        (b'<SpaceSystem xmlns="urn:x" name="S"/>', "unknown namespace urn:x"),
    ],
)
def test_what_is_no_xtce_is_said(octets, sentence):
    with pytest.raises(ValueError, match=sentence):
        read_xtce(octets)


@pytest.mark.parametrize("namespace", ["", "http://www.omg.org/space/xtce", "http://www.omg.org/spec/XTCE/20250214"])
def test_older_and_newer_namespaces_are_read(namespace):
    file = document().replace("http://www.omg.org/spec/XTCE/20180204", namespace)
    assert PacketReader(read_xtce(file.encode()).packets).decode(b"\x07").values == {"n": 7}


ENTRIES = """
<ParameterRefEntry parameterRef="x">
 <LocationInContainerInBits><FixedValue>4</FixedValue></LocationInContainerInBits>
</ParameterRefEntry>
<ParameterRefEntry parameterRef="y">
 <LocationInContainerInBits referenceLocation="containerStart"><FixedValue>24</FixedValue></LocationInContainerInBits>
</ParameterRefEntry>
<ParameterRefEntry parameterRef="z">
 <RepeatEntry><Count><DynamicValue><ParameterInstanceRef parameterRef="n"/></DynamicValue></Count></RepeatEntry>
</ParameterRefEntry>
<ContainerRefEntry containerRef="D">
 <IncludeCondition><Comparison parameterRef="n" value="2"/></IncludeCondition>
</ContainerRefEntry>"""
OTHER = """</SequenceContainer>
<SequenceContainer name="D"><EntryList><ParameterRefEntry parameterRef="w"/></EntryList>"""
BINARY = "<BinaryDataEncoding><SizeInBits><FixedValue>8</FixedValue></SizeInBits></BinaryDataEncoding>"


def test_entries_at_places_repeated_and_included():
    names = [("x", "u8"), ("y", "b"), ("z", "u8"), ("w", "u8")]
    file = document(
        types=f'<BinaryParameterType name="b">{BINARY}</BinaryParameterType>',
        parameters="".join(f'<Parameter name="{name}" parameterTypeRef="{kind}"/>' for name, kind in names),
        entries=ENTRIES,
        inside=OTHER,
    )
    reader = PacketReader(read_xtce(file.encode()).packets, root="C")
    assert reader.decode(b"\2\xf5\xfay\7\x08\x09").values == {"n": 2, "x": 0x5F, "y": b"y", "z": [7, 8], "w": 9}
    assert reader.decode(b"\1\xf5\xfay\7").values == {"n": 1, "x": 0x5F, "y": b"y", "z": [7], "w": None}


INNER = """<SpaceSystem name="Sub"><TelemetryMetaData>
<ParameterSet><Parameter name="n" parameterTypeRef="u8"/></ParameterSet>
<ContainerSet><SequenceContainer name="D">
<EntryList><ParameterRefEntry parameterRef="n"/><ParameterRefEntry parameterRef="/S/n"/></EntryList>
<BaseContainer containerRef="C">
<RestrictionCriteria><Comparison parameterRef="/S/n" value="5"/></RestrictionCriteria>
</BaseContainer>
</SequenceContainer></ContainerSet></TelemetryMetaData></SpaceSystem>"""


def test_inner_space_systems_look_around_and_name_what_is_theirs():
    reader = PacketReader(read_xtce(document(more=INNER).encode()).packets)
    assert reader.decode(b"\5\6\7").name == "Sub.D"
    assert reader.decode(b"\5\6\7").values == {"n": [5, 7], "Sub.n": 6}
    assert reader.decode(b"\4").name == "C"


TIME = """<Encoding units="seconds" scale="0.5" offset="3"><IntegerDataEncoding sizeInBits="16"/></Encoding>
<ReferenceTime><Epoch>TAI</Epoch></ReferenceTime>"""


def test_a_time_is_counted_from_its_epoch():
    (container,) = read_xtce(with_type("AbsoluteTime", TIME).encode()).packets
    assert container.fields[1] == Field(
        name="p", kind=Integer(16), unit="s", calibration=Linear(0.5, 3.0), epoch="1958-01-01T00:00:00Z"
    )


def valid_while(condition):
    """A file with a parameter p that is valid while `condition` holds."""
    properties = f"<ParameterProperties><ValidityCondition>{condition}</ValidityCondition></ParameterProperties>"
    return document(
        parameters=f'<Parameter name="p" parameterTypeRef="u8">\n{properties}</Parameter>',
        entries='<ParameterRefEntry parameterRef="p"/>',
    )


def part(operator, value, more=""):
    return (
        f'<Condition><ParameterInstanceRef parameterRef="n"{more}/>'
        f"<ComparisonOperator>{operator}</ComparisonOperator><Value>{value}</Value></Condition>"
    )


LOW, HIGH, UNKNOWN = part("&lt;", 3), part("&gt;=", 9), part("~", 1)
EARLIER = part("==", 1, ' instance="-1"')


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ('<Comparison parameterRef="n" value="true"/>', Comparison("n", 1)),
        ('<ComparisonList><Comparison parameterRef="n" value="2"/></ComparisonList>', Comparison("n", 2)),
        (f"<BooleanExpression>{LOW}</BooleanExpression>", Comparison("n", 3, "<")),
        (f"<BooleanExpression><ORedConditions>{LOW}<ANDedConditions>{HIGH}</ANDedConditions></ORedConditions>"
         "</BooleanExpression>", Either((Comparison("n", 3, "<"), All((Comparison("n", 9, ">="),))))),
    ],
)  # fmt: skip
def test_conditions(condition, expected):
    assert read_xtce(valid_while(condition).encode()).packets[0].fields[1].valid == expected


@pytest.mark.parametrize(
    ("condition", "sentence"),
    [
        (UNKNOWN, "the operator ~ is not supported"),
        (EARLIER, "a comparison with an earlier instance is not supported"),
        ("<Condition/>", "a Condition of a parameter, an operator and a value is expected"),
    ],
)
def test_conditions_that_are_refused(condition, sentence):
    with pytest.raises(ValueError, match=sentence):
        read_xtce(valid_while(f"<BooleanExpression>{condition}</BooleanExpression>").encode())


COMMANDS = """<CommandMetaData>
<ArgumentTypeSet><IntegerArgumentType name="a8"><IntegerDataEncoding/></IntegerArgumentType></ArgumentTypeSet>
<MetaCommandSet>
<MetaCommand name="Root" abstract="true"><ArgumentList><Argument name="op" argumentTypeRef="a8"/>
<Argument name="sub" argumentTypeRef="a8"/></ArgumentList>
<CommandContainer name="Root"><EntryList><FixedValueEntry sizeInBits="8" binaryValue="2A"/>
<ArgumentRefEntry argumentRef="op"/><ArgumentRefEntry argumentRef="sub"/></EntryList></CommandContainer></MetaCommand>
<MetaCommand name="Go" shortDescription="Go there."><BaseMetaCommand metaCommandRef="Root"><ArgumentAssignmentList>
<ArgumentAssignment argumentName="op" argumentValue="1"/><ArgumentAssignment argumentName="sub" argumentValue="2"/>
</ArgumentAssignmentList></BaseMetaCommand>
<ArgumentList><Argument name="to" argumentTypeRef="a8" initialValue="7"/></ArgumentList>
<CommandContainer name="Go"><EntryList><ArgumentRefEntry argumentRef="to"/></EntryList></CommandContainer>
<DefaultSignificance consequenceLevel="critical"/></MetaCommand>
<MetaCommand name="Stop"><BaseMetaCommand metaCommandRef="Root"><ArgumentAssignmentList>
<ArgumentAssignment argumentName="op" argumentValue="3"/></ArgumentAssignmentList></BaseMetaCommand></MetaCommand>
<MetaCommand name="Any"><BaseMetaCommand metaCommandRef="Root"/></MetaCommand>
</MetaCommandSet></CommandMetaData>"""


def test_commands_fix_and_ask_for_arguments():
    root, go, stop, some = read_xtce(document(more=COMMANDS).encode()).requests
    assert [(one.name, one.default) for one in root.fields] == [("fixed", 0x2A), ("op", None), ("sub", None)]
    assert (go.base, go.criteria, go.text) == ("Root", All((Comparison("op", 1), Comparison("sub", 2))), "Go there.")
    assert [(one.name, one.default) for one in go.fields] == [("to", 7)]
    assert [one.hazardous for one in (root, go, stop)] == [False, True, False]
    assert (stop.criteria, stop.fields, some.criteria) == (Comparison("op", 3), (), None)


CONSTRAINED = """<CommandMetaData><MetaCommandSet><MetaCommand name="Go"><TransmissionConstraintList>
<TransmissionConstraint{more}><Comparison parameterRef="n" value="1"/></TransmissionConstraint>
<TransmissionConstraint><Comparison parameterRef="n" comparisonOperator="&lt;" value="4"/></TransmissionConstraint>
</TransmissionConstraintList></MetaCommand></MetaCommandSet></CommandMetaData>"""


def test_commands_are_constrained_by_all_conditions():
    (go,) = read_xtce(document(more=CONSTRAINED.format(more="")).encode()).requests
    assert go.constraint == All((Comparison("n", 1), Comparison("n", 4, "<")))


def test_a_constraint_that_is_waited_for_is_refused():
    with pytest.raises(ValueError, match="a TransmissionConstraint with a timeout is not supported"):
        read_xtce(document(more=CONSTRAINED.format(more=' timeOut="PT5S"')).encode())


def test_a_command_container_names_arguments_that_there_are():
    with pytest.raises(ValueError, match="no argument is called there"):
        read_xtce(document(more=COMMANDS.replace('argumentRef="to"', 'argumentRef="there"')).encode())


DERIVED = """</SequenceContainer>
<SequenceContainer name="D"><EntryList><ParameterRefEntry parameterRef="x">
<LocationInContainerInBits referenceLocation="containerStart"><FixedValue>16</FixedValue></LocationInContainerInBits>
</ParameterRefEntry></EntryList><BaseContainer containerRef="C"/></SequenceContainer>
<SequenceContainer name="E"><EntryList><ContainerRefEntry containerRef="D"/></EntryList>"""


def test_a_place_counts_from_where_the_base_begins():
    file = document(parameters='<Parameter name="x" parameterTypeRef="u8"/>', inside=DERIVED)
    reader = PacketReader(read_xtce(file.encode()).packets, root="E")
    assert reader.decode(b"\1\2\3").values == {"n": 1, "x": 3}


REPEATED = """<ParameterRefEntry parameterRef="n"><RepeatEntry><Count>
<DynamicValue><ParameterInstanceRef parameterRef="n"/></DynamicValue></Count></RepeatEntry></ParameterRefEntry>
<ParameterRefEntry parameterRef="n"><LocationInContainerInBits referenceLocation="containerStart">
<FixedValue>64</FixedValue></LocationInContainerInBits></ParameterRefEntry>"""


def test_a_place_after_what_varies_is_refused():
    with pytest.raises(ValueError, match="an entry at a fixed place after entries that vary is not supported"):
        read_xtce(document(entries=REPEATED).encode())


def test_a_header_says_nothing_about_packets():
    file = document().replace("<TelemetryMetaData>", '<Header date="2026-01-01" version="1"/><TelemetryMetaData>')
    assert [one.name for one in read_xtce(file.encode()).packets] == ["C"]
