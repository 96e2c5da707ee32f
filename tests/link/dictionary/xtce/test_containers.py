"""Containers of XTCE: what stands in others, is repeated, left out, padded, or built on."""

import pytest

from link.dictionary.codec.packets import PacketReader
from tests.link.dictionary.xtce.files import (
    U8,
    base,
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

COUNT = "<RepeatEntry><Count>{}</Count>{}</RepeatEntry>"
TWO = "<FixedValue>2</FixedValue>"
OF_N = '<DynamicValue><ParameterInstanceRef parameterRef="n"/></DynamicValue>'


SAID = parameters(*"nabcz")


def file(*containers, said=SAID, types=U8):
    return system("S", telemetry(types, said, "\n".join(containers)))


def included(name, value):
    return f"<IncludeCondition>{equal(name, value)}</IncludeCondition>"


def entry(name, more):
    return f'<ParameterRefEntry parameterRef="{name}">{more}</ParameterRefEntry>'


def inside(name, more=""):
    return f'<ContainerRefEntry containerRef="{name}">{more}</ContainerRefEntry>'


def place(bits, of="previousEntry"):
    value = f"<FixedValue>{bits}</FixedValue>"
    return f'<LocationInContainerInBits referenceLocation="{of}">{value}</LocationInContainerInBits>'


PAIR = container("PAIR", entries("a", "b"))


def test_a_container_is_repeated_as_a_whole():
    whole = file(PAIR, container("P", entries("n") + inside("PAIR", COUNT.format(OF_N, "")) + entries("z")))
    assert decoded(whole, bytes([2, 1, 2, 3, 4, 9])) == {"n": 2, "a": [1, 3], "b": [2, 4], "z": 9}
    assert decoded(whole, bytes([0, 9])) == {"n": 0, "a": [], "b": [], "z": 9}


def test_a_repeated_container_keeps_its_gaps_and_its_size():
    """Five spare bits before b, and padding to 24 bits."""
    b = entry("b", place(5))
    size = "<BinaryEncoding><SizeInBits><FixedValue>24</FixedValue></SizeInBits></BinaryEncoding>"
    row = container("ROW", entries("a") + b, size)
    whole = file(row, container("P", inside("ROW", place(8) + COUNT.format(TWO, "")) + entries("z")))
    octets = bytes([0xFF, 1, 0b00000000, 0b00010111, 2, 0b11111000, 0b00100111, 9])
    assert decoded(whole, octets) == {"a": [1, 2], "b": [2, 4], "z": 9}


def test_a_parameter_is_repeated_alone():
    whole = file(container("P", entry("a", COUNT.format(TWO, ""))))
    assert decoded(whole, b"\1\2") == {"a": [1, 2]}


def test_an_offset_between_repetitions():
    zero, eight = (f"<Offset><FixedValue>{bits}</FixedValue></Offset>" for bits in (0, 8))
    whole = file(PAIR, container("P", inside("PAIR", COUNT.format(TWO, zero))))
    assert decoded(whole, b"\1\2\3\4") == {"a": [1, 3], "b": [2, 4]}
    said = file(PAIR, container("P", inside("PAIR", COUNT.format(TWO, eight))))
    assert refused(said) == ["line 2: an Offset between repetitions is not supported"]
    assert refused(file(PAIR, container("P", inside("PAIR", "<RepeatEntry/>")))) == [
        "line 2: RepeatEntry needs a Count"
    ]


def test_a_container_is_there_or_not_as_a_whole():
    """Its condition is on a parameter that stands in it again."""
    when = included("n", 1)
    whole = file(container("IN", entries("n", "a")), container("P", entries("n") + inside("IN", when) + entries("z")))
    assert decoded(whole, bytes([1, 5, 7, 9])) == {"n": [1, 5], "a": 7, "z": 9}
    assert decoded(whole, bytes([0, 9])) == {"n": 0, "a": None, "z": 9}


def test_a_container_that_only_stands_in_others_is_no_root():
    whole = file(PAIR, container("P", entries("n") + inside("PAIR")))
    definition = database(whole).definition
    assert definition.roots == ("P",)
    assert decoded(whole, b"\1\2\3") == {"n": 1, "a": 2, "b": 3}
    assert decoded(whole, b"\2\3", root="PAIR") == {"a": 2, "b": 3}
    both = database(file(PAIR, container("P", inside("PAIR")), container("Q", inside("PAIR")))).definition
    with pytest.raises(ValueError, match=r"which container is the root\? Name one of P, Q$"):
        PacketReader(both.packets, "", both.roots)


def test_what_builds_on_a_container_within_another_is_read_there():
    head = container("HEAD", entries("n"), abstract="true")
    one = container("ONE", entries("a"), base("HEAD", equal("n", 1)))
    two = container("TWO", entries("a", "b"), base("HEAD", equal("n", 2)))
    deep = container("DEEP", entries("c"), base("TWO", equal("b", 5)))
    empty = container("EMPTY", "", base("HEAD", equal("n", 3)))
    whole = file(head, one, two, deep, empty, container("FRAME", inside("HEAD") + entries("z")))
    assert decoded(whole, bytes([1, 7, 9])) == {"n": 1, "a": 7, "b": None, "c": None, "z": 9}
    assert decoded(whole, bytes([2, 7, 5, 6, 9])) == {"n": 2, "a": 7, "b": 5, "c": 6, "z": 9}
    assert decoded(whole, bytes([3, 9])) == {"n": 3, "a": None, "b": None, "c": None, "z": 9}
    some = container("ANY", entries("c"), base("ONE"))
    assert decoded(file(head, one, some, container("FRAME", inside("HEAD"))), bytes([1, 7, 6]))["c"] == 6


SIZE = "<BinaryEncoding {}><SizeInBits>{}</SizeInBits></BinaryEncoding>"


@pytest.mark.parametrize(
    ("inside_", "size", "sentence"),
    [
        (entries("a", "b"), SIZE.format("", "<FixedValue>16</FixedValue>"), None),
        (entries("a"), SIZE.format("", "<FixedValue>16</FixedValue>"), None),
        (entries("a"), SIZE.format("", OF_N.replace('"n"', '"a"')), None),
        (entries("a"), "<BinaryEncoding/>", None),
        (entries("a", "b"), SIZE.format("", "<FixedValue>8</FixedValue>"),
         "SequenceContainer P of 8 bits, but its entries take 16"),
        (entries("n") + entry("a", COUNT.format(OF_N, "")),
         SIZE.format("", "<FixedValue>8</FixedValue>"), "SequenceContainer P of 8 bits, but its entries vary in size"),
        (entries("a"), SIZE.format('byteOrder="leastSignificantByteFirst"', "<FixedValue>8</FixedValue>"),
         "BinaryEncoding: byteOrder = leastSignificantByteFirst is not supported"),
        (entries("a"), "<BinaryEncoding><FromBinaryTransformAlgorithm/></BinaryEncoding>",
         "FromBinaryTransformAlgorithm is not supported in BinaryEncoding"),
    ],
)  # fmt: skip
def test_the_size_of_a_container(inside_, size, sentence):
    assert refused(file(container("P", inside_, size))) == ([f"line 1: {sentence}"] if sentence else [])


def test_what_builds_on_a_padded_container():
    padded = container("B", entries("a"), SIZE.format("", "<FixedValue>16</FixedValue>"))
    assert refused(file(padded, container("P", entries("b"), base("B")))) == [
        "line 2: SequenceContainer B is larger than its entries: it is not clear where the entries of a "
        "container based on it begin"
    ]


@pytest.mark.parametrize(
    ("containers", "sentences"),
    [
        ([container("A", inside("B")), container("B", inside("A"))],
         ["line 1: SequenceContainer A stands in itself"]),
        ([container("A", "", base("B")), container("B", "", base("A"))],
         ["line 1: SequenceContainer A builds on itself, or on too many others"]),
        ([container("P", "", base("Q"))], ["line 1: no container is called Q"]),
        ([container("P", entries("a", "a") * 33000)], ["line 1: more fields than a packet can have, 65536"]),
        ([container("P", entries("n"), base("B", f"{equal('n', 1)}<NextContainer/>")), container("B", "")],
         ["line 1: NextContainer is not supported in RestrictionCriteria"]),
        ([container("P", "<ParameterRefEntry/>")], ["line 1: ParameterRefEntry has no attribute parameterRef"]),
        ([container("P", entries("n") + entry("a", place(0, "containerEnd")))],
         ["line 1: LocationInContainerInBits: referenceLocation = containerEnd is not supported"]),
        ([container("P", entries("n") + entry("a", place(10**9)))],
         ["line 1: spare bits = 1000000000, expected -524336..524336"]),
        ([container("P", entries("n"), "<EntryList/>")],
         ["line 1: a second EntryList is not supported in SequenceContainer P"]),
        ([container("P", inside("PAIR", included('n', 1))), PAIR],
         ["line 1: P: PAIR: no field called n comes before"]),
        ([container("P", entries("a")), container("Q", entries("b"), base("P", equal("n", 1)))],
         ["line 1: P: no field called n comes before"]),
        ([container("P", entries("n") + inside("PAIR", included('n', 'on'))), PAIR],
         ["line 1: n is compared with on, expected a number"]),
        ([container("P", entries("n") + inside("PAIR", included('n', 'nan'))), PAIR],
         ["line 1: n is compared, value = nan, expected -9223372036854775808..18446744073709551616"]),
    ],
)  # fmt: skip
def test_what_is_refused(containers, sentences):
    assert refused(file(*containers))[: len(sentences)] == sentences


def test_containers_nested_too_deep():
    nested = [container(f"c{level}", inside(f"c{level + 1}") if level < 70 else entries("a")) for level in range(71)]
    assert "containers nested more than 64 deep" in refused(file(*nested))[0]
    built = [container(f"c{level}", "", base(f"c{level + 1}") if level < 70 else "") for level in range(71)]
    assert "builds on itself, or on too many others" in refused(file(*built, container("P", inside("c0"))))[0]


FIXED = "<SizeInBits><Fixed><FixedValue>16</FixedValue></Fixed></SizeInBits>"
TEXT = f'<StringParameterType name="t"><StringDataEncoding>{FIXED}</StringDataEncoding></StringParameterType>'


@pytest.mark.parametrize(
    ("type_", "said", "octets", "present"),
    [
        (TEXT, "7", b"07", False),
        (TEXT, "07", b"07", True),
        ('<BinaryParameterType name="t"><BinaryDataEncoding><SizeInBits><FixedValue>16</FixedValue></SizeInBits>'
         "</BinaryDataEncoding></BinaryParameterType>", "0xCAFE", b"\xca\xfe", True),
        ('<IntegerParameterType name="t"><IntegerDataEncoding/></IntegerParameterType>', "007", b"\7", True),
        ('<BooleanParameterType name="t"><IntegerDataEncoding/></BooleanParameterType>', "True", b"\1", True),
        ('<EnumeratedParameterType name="t"><IntegerDataEncoding/><EnumerationList><Enumeration value="5" label="1"/>'
         "</EnumerationList></EnumeratedParameterType>", "1", b"\5", True),
        ('<EnumeratedParameterType name="t"><IntegerDataEncoding/><EnumerationList><Enumeration value="5" label="x"/>'
         "</EnumerationList></EnumeratedParameterType>", "5", b"\5", True),
    ],
)  # fmt: skip
def test_what_is_compared(type_, said, octets, present):
    when = included("t", said)
    whole = container("P", entries("t") + entry("z", when))
    found = decoded(file(whole, said=parameters("t", of="t") + parameters("z"), types=U8 + type_), octets + b"\x09")
    assert (found["z"] == 9) is present


def test_what_has_several_values_is_not_compared():
    members = '<MemberList><Member name="m" typeRef="u8"/></MemberList>'
    more = f'<AggregateParameterType name="t">{members}</AggregateParameterType>'
    when = included("t", 1)
    whole = container("P", entries("t") + entry("z", when))
    assert refused(file(whole, said=parameters("t", of="t") + parameters("z"), types=U8 + more)) == [
        "line 1: t has several values, expected one to compare"
    ]


def test_a_parameter_of_the_ground_s_own_is_in_no_packet():
    local = '<IntegerParameterType name="local"/>'
    when = included("l", 1)
    whole = container("P", entry("z", when))
    said = parameters("l", of="local") + parameters("z")
    assert refused(file(whole, said=said, types=U8 + local)) == ["line 1: P: z: no field called l comes before"]
    assert refused(file(container("P", entries("l")), said=said, types=U8 + local)) == [
        "line 1: IntegerParameterType local has no encoding as a number"
    ]


def test_what_has_a_place_of_its_own_may_repeat_as_well():
    """The second instance of one name, with an entry of its own: both are kept."""
    whole = file(container("P", entries("a") + entry("a", place(8)) + entries("z")))
    assert decoded(whole, bytes([1, 99, 2, 9])) == {"a": [1, 2], "z": 9}


def test_a_condition_within_a_container_stays_where_it_is():
    """Whether the container stands there always, or on a condition of its own as well."""
    part = container("IN", entries("a") + entry("b", included("a", 1)))
    always = file(part, container("P", inside("IN", place(8)) + entries("z")))
    assert decoded(always, bytes([99, 1, 2, 9]), root="P") == {"a": 1, "b": 2, "z": 9}
    assert decoded(always, bytes([99, 0, 9]), root="P") == {"a": 0, "b": None, "z": 9}
    both = file(part, container("P", entries("n") + inside("IN", included("n", 5)) + entries("z")))
    assert decoded(both, bytes([5, 1, 2, 9]), root="P") == {"n": 5, "a": 1, "b": 2, "z": 9}
    assert decoded(both, bytes([5, 0, 9]), root="P") == {"n": 5, "a": 0, "b": None, "z": 9}
    assert decoded(both, bytes([4, 9]), root="P") == {"n": 4, "a": None, "b": None, "z": 9}


@pytest.mark.parametrize(("calibrated", "octet"), [("true", 5), ("false", 1)])
def test_a_number_may_be_a_label(calibrated, octet):
    """Of an enumeration whose label is a number, the raw value is asked for with useCalibratedValue = false."""
    labels = '<EnumerationList><Enumeration value="5" label="1"/><Enumeration value="1" label="x"/></EnumerationList>'
    type_ = f'<EnumeratedParameterType name="t"><IntegerDataEncoding/>{labels}</EnumeratedParameterType>'
    asked = equal("t", 1, f' useCalibratedValue="{calibrated}"')
    when = f"<IncludeCondition>{asked}</IncludeCondition>"
    whole = container("P", entries("t") + entry("z", when))
    for given in (1, 5):
        found = decoded(
            file(whole, said=parameters("t", of="t") + parameters("z"), types=U8 + type_), bytes([given, 9])
        )
        assert (found["z"] == 9) is (given == octet)


@pytest.mark.parametrize(
    ("said", "octet", "present"),
    [("true", 1, True), ("true", 0, False), ("false", 0, True), ("False", 1, False), ("FALSE", 0, True)],
)
def test_a_number_is_compared_with_truth_as_one(said, octet, present):
    whole = container("P", entries("n") + entry("z", included("n", said)))
    assert (decoded(file(whole), bytes([octet, 9]))["z"] == 9) is present
