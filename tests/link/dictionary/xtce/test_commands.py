"""Commands of XTCE: what their containers are made of, and what they fix."""

from link.dictionary.conditions import All, Comparison
from link.dictionary.kinds import Array, Field, Integer, Octets, Reference
from tests.link.dictionary.xtce.files import (
    U8,
    base,
    container,
    database,
    entries,
    equal,
    parameters,
    refused,
    system,
    telemetry,
)

A8 = '<IntegerArgumentType name="a8"><IntegerDataEncoding/></IntegerArgumentType>'
SIZED = (
    '<BinaryArgumentType name="blob"><BinaryDataEncoding><SizeInBits><DynamicValue>'
    '<ArgumentInstanceRef argumentRef="x"/>'
    '<LinearAdjustment slope="8"/></DynamicValue></SizeInBits></BinaryDataEncoding></BinaryArgumentType>'
)
HEADER = container("HEADER", entries("id"))


def arguments(*names, of="a8"):
    inside = "".join(f'<Argument name="{name}" argumentTypeRef="{of}"/>' for name in names)
    return f"<ArgumentList>{inside}</ArgumentList>"


def command(name, inside=(), said="", of="", more=""):
    listed = "".join(f'<ArgumentRefEntry argumentRef="{one}"/>' if one.isalnum() else one for one in inside)
    container_ = f'<CommandContainer name="{name}_c"><EntryList>{listed}</EntryList>{more}</CommandContainer>'
    own = container_ if inside or more else ""
    above = f'<BaseMetaCommand metaCommandRef="{of}"/>' if of and not of.startswith("<") else of
    return f'<MetaCommand name="{name}">{above}{said}{own}</MetaCommand>'


def file(*commands, containers="", set_=""):
    meta = (
        f"<ArgumentTypeSet>{A8}{SIZED}</ArgumentTypeSet><MetaCommandSet>{chr(10).join(commands)}</MetaCommandSet>{set_}"
    )
    return system("S", telemetry(U8, parameters("id", "n"), containers) + f"<CommandMetaData>{meta}</CommandMetaData>")


def requests(*words, **options):
    return {one.name: one for one in database(file(*words, **options)).definition.requests}


def names(request):
    return [field.name for field in request.fields]


def test_a_command_begins_with_the_container_that_it_builds_on():
    made = requests(command("Go", ["x"], arguments("x"), more=base("HEADER", equal("id", 5))), containers=HEADER)
    assert (names(made["Go"]), made["Go"].base, made["Go"].criteria) == (["id", "x"], "", Comparison("id", 5))


def test_a_command_builds_on_the_container_of_the_command_above():
    root = command("Root", ["op"], arguments("op"), more=base("HEADER"))
    go = command("Go", ["x"], arguments("x"), of="Root", more=base("Root_c", equal("id", 7)))
    made = requests(root, go, command("Bare", of="Go"), containers=HEADER)
    assert (names(made["Root"]), names(made["Go"]), made["Go"].base) == (["id", "op"], ["x"], "Root")
    assert made["Go"].criteria == Comparison("id", 7)
    assert (made["Bare"].base, made["Bare"].fields) == ("Go", ())


def test_a_command_may_build_on_the_container_of_another():
    """Its fields come first, with the arguments of its own command."""
    other = command("Other", ["op"], arguments("op"))
    made = requests(other, command("Go", ["x"], arguments("x"), more=base("Other_c")))
    assert (names(made["Go"]), made["Go"].base) == (["op", "x"], "")


def test_of_containers_called_alike_that_of_the_line_is_meant():
    root = command("Root", ["op"], arguments("op")).replace("Root_c", "c")
    other = command("Other", ["no"], arguments("no")).replace("Other_c", "c")
    go = command("Go", ["x"], arguments("x"), of="Root", more=base("c")).replace("Go_c", "c")
    made = requests(other, root, go)
    assert (names(made["Go"]), made["Go"].base) == (["x"], "Root")


def test_arguments_of_the_commands_above_may_stand_in_its_own_container():
    assigned = '<ArgumentAssignment argumentName="{}" argumentValue="{}"/>'
    both = assigned.format("op", "0x10") + assigned.format("who", "me")
    listed = f"<ArgumentAssignmentList>{both}</ArgumentAssignmentList>"
    fixed = f'<BaseMetaCommand metaCommandRef="Root">{listed}</BaseMetaCommand>'
    made = requests(command("Root", (), arguments("op", "who")), command("Go", ["op", "x"], arguments("x"), of=fixed))
    assert names(made["Go"]) == ["op", "x"]
    assert made["Go"].criteria == All((Comparison("op", 16), Comparison("who", "me")))


def test_entries_of_every_kind():
    at = "<LocationInContainerInBits><FixedValue>4</FixedValue></LocationInContainerInBits>"
    count = (
        '<RepeatEntry><Count><DynamicValue><ArgumentInstanceRef argumentRef="x"/></DynamicValue></Count></RepeatEntry>'
    )
    listed = [
        "x",
        f'<ArgumentRefEntry argumentRef="y">{at}</ArgumentRefEntry>',
        '<ParameterRefEntry parameterRef="n"/>',
        '<FixedValueEntry binaryValue="01FF" sizeInBits="12"/>',
        '<FixedValueEntry binaryValue="2A"/>',
        f'<FixedValueEntry name="mark" binaryValue="00" sizeInBits="4">{at}</FixedValueEntry>',
        f'<ArgumentRefEntry argumentRef="z">{count}</ArgumentRefEntry>',
    ]
    (made,) = requests(command("Go", listed, arguments("x", "y", "z"))).values()
    assert [(one.name, one.kind, one.skip_bits, one.default) for one in made.fields] == [
        ("x", Integer(8), 0, None),
        ("y", Integer(8), 4, None),
        ("n", Integer(8), 0, None),
        ("fixed", Integer(12), 0, 0x1FF),
        ("fixed_2", Integer(8), 0, 0x2A),
        ("mark", Integer(4), 4, 0),
        ("z", Array(Integer(8), Reference("x")), 0, None),
    ]


def test_a_fixed_value_drops_what_is_too_much_in_front():
    (made,) = requests(command("Go", ['<FixedValueEntry binaryValue="11" sizeInBits="2"/>'])).values()
    assert made.fields == (Field(name="fixed", kind=Integer(2), default=1),)


def test_sizes_by_arguments():
    said = arguments("x") + ""
    both = said.replace("</ArgumentList>", '<Argument name="b" argumentTypeRef="blob"/></ArgumentList>')
    (made,) = requests(command("Go", ["x", "b"], both)).values()
    assert made.fields[1].kind == Octets(Reference("x"))


def test_a_container_of_commands_is_no_packet():
    inside = f"<CommandContainerSet>{container('CMD', entries('id'))}</CommandContainerSet>"
    go = command("Go", ["x"], arguments("x"), more=base("CMD", equal("id", 3)))
    reading = database(file(go, set_=inside, containers=HEADER))
    assert [one.name for one in reading.definition.packets] == ["HEADER"]
    assert names(reading.definition.requests[0]) == ["id", "x"]
    deep = inside.replace(
        "</CommandContainerSet>", container("DEEP", entries("n"), base("CMD")) + "</CommandContainerSet>"
    )
    go_deep = command("Go", ["x"], arguments("x"), more=base("DEEP"))
    assert names(requests(go_deep, set_=deep)["Go"]) == ["id", "n", "x"]
    whole = file(go, set_=inside, containers=container("P", entries("n"), base("CMD")))
    assert refused(whole) == ["line 1: SequenceContainer P builds on a command"]


def test_telemetry_alone_says_nothing_of_commands():
    whole = file(command("Go", ["<IndirectParameterRefEntry/>"]))
    assert refused(whole) == ["line 1: IndirectParameterRefEntry is not supported in EntryList"]
    assert database(whole, part="telemetry").definition.requests == ()


def test_a_reference_to_a_command_elsewhere_is_none_of_its_own():
    assert list(requests('<MetaCommandRef metaCommandRef="../x"/>', command("Go"))) == ["Go"]


CONDITION = (
    "<BooleanExpression><Condition><ArgumentInstanceRef argumentRef='x'/><ComparisonOperator>==</ComparisonOperator>"
    "<Value>{}</Value></Condition></BooleanExpression>"
)


def test_conditions_on_arguments():
    for said, value in (("007", 7), ("on", "on")):
        when = f"<IncludeCondition>{CONDITION.format(said)}</IncludeCondition>"
        listed = ["x", f'<ArgumentRefEntry argumentRef="y">{when}</ArgumentRefEntry>']
        (made,) = requests(command("Go", listed, arguments("x", "y"))).values()
        assert made.fields[1].when == Comparison("x", value)


def test_a_constraint_on_the_ground_s_own_parameter():
    local = '<BooleanParameterType name="flag"/>'
    one = f"<TransmissionConstraint>{equal('ok', 'true')}</TransmissionConstraint>"
    whole = file(command("Go", said=f"<TransmissionConstraintList>{one}</TransmissionConstraintList>"))
    whole = whole.replace("<ParameterSet>", f"<ParameterSet>{parameters('ok', of='flag')}").replace(U8, U8 + local)
    (made,) = database(whole).definition.requests
    assert made.constraint == Comparison("ok", 1)
    (made,) = requests(command("Go", said="<TransmissionConstraintList/>")).values()
    assert made.constraint is None


def test_what_is_refused():
    transform = SIZED.replace("</SizeInBits>", "</SizeInBits><ToBinaryTransformAlgorithm/>")
    whole = file(command("Go", ["x", "b"], arguments("x") + "")).replace(SIZED, transform)
    whole = whole.replace("</ArgumentList>", '<Argument name="b" argumentTypeRef="blob"/></ArgumentList>')
    assert refused(whole) == ["line 1: ToBinaryTransformAlgorithm is not supported in BinaryDataEncoding"]
    odd = [
        (command("Go", ["x"]), "no argument is called x"),
        (command("Go", ['<FixedValueEntry binaryValue="x"/>']), "binaryValue = x, expected octets in hexadecimal"),
        (command("Go", of="No"), "no command is called No"),
        (command("Go", of="Go"), "MetaCommand Go builds on itself, or on too many others"),
        (command("Go", ["x"], arguments("x"), more=base("No")), "no container is called No"),
    ]
    for said, sentence in odd:
        assert refused(file(said)) == [f"line 1: {sentence}"]
    tlm = container("P", '<ParameterRefEntry parameterRef="n"/><ArgumentRefEntry argumentRef="x"/>')
    assert refused(file(containers=tlm)) == ["line 1: ArgumentRefEntry is not supported in EntryList"]
    entry = '<ArgumentRefEntry argumentRef="x"/>'
    inside = f"<CommandContainerSet>{container('CMD', entry)}</CommandContainerSet>"
    go = command("Go", more=base("CMD"))
    assert refused(file(go, set_=inside)) == ["line 1: no argument is called x"]
    alone = command("Go", more=base("HEADER"))
    assert refused(file(alone, command("Other", more=base("Go_c")), containers=HEADER)) == []
    assert refused(file(go, set_=inside)) == ["line 1: no argument is called x"]


BARE = '<ArrayArgumentType name="many" arrayTypeRef="a8" numberOfDimensions="1"/>'
SPAN = (
    "<DimensionList><Dimension><StartingIndex><FixedValue>0</FixedValue></StartingIndex>"
    "<EndingIndex>{}</EndingIndex></Dimension></DimensionList>"
)


def test_an_array_of_arguments_may_have_its_size_from_its_entry():
    """As XTCE 1.0 and 1.1 write it; `argumentRef` names it in 1.2."""
    counted = "<DynamicValue><ArgumentInstanceRef argumentRef='x'/></DynamicValue>"
    sized = [
        f'<ArrayArgumentRefEntry argumentRef="z">{SPAN.format(one)}</ArrayArgumentRefEntry>'
        for one in ("<FixedValue>2</FixedValue>", counted)
    ]
    both = arguments("x").replace("</ArgumentList>", '<Argument name="z" argumentTypeRef="many"/></ArgumentList>')
    for entry, count in zip(sized, (3, Reference("x", offset=1)), strict=True):
        whole = file(command("Go", ["x", entry], both)).replace("<ArgumentTypeSet>", f"<ArgumentTypeSet>{BARE}")
        assert refused(whole) == []
        (made,) = database(whole).definition.requests
        assert [(one.name, one.kind) for one in made.fields] == [
            ("x", Integer(8)),
            ("z", Array(Integer(8), count)),
        ]
    lost = file(command("Go", [sized[0].replace('"z"', '"zz"')], both)).replace(
        "<ArgumentTypeSet>", f"<ArgumentTypeSet>{BARE}"
    )
    assert refused(lost) == ["line 1: no argument is called zz"]


def test_of_one_command_all_arguments_that_cannot_be_taken_are_reported():
    whole = file(command("Go", ["x", "y"], arguments("x", "y", of="gone")))
    assert refused(whole.replace('<Argument name="y"', '\n<Argument name="y"')) == [
        "line 1: no argument type is called gone",
        "line 2: no argument type is called gone",
    ]
