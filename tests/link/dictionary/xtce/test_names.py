"""What names refer to: in a tree of space systems, in several files, and into parameters."""

import pytest

from link.dictionary.xtce.document import XtceFile, includes_of
from link.dictionary.xtce.reader import read_database
from tests.link.dictionary.xtce.files import (
    U8,
    base,
    container,
    database,
    decoded,
    entries,
    equal,
    inner,
    parameters,
    refused,
    system,
    telemetry,
)


def tree(reference):
    """S with A with B, whose container reads `reference`; n is in S, A and, as m, in C."""
    b = inner("B", telemetry("", "", container("P", entries(reference))))
    a = inner("A", telemetry("", parameters("n"), "") + b)
    c = inner("C", telemetry("", parameters("m"), ""))
    return system("S", telemetry(U8, parameters("n"), "") + a + c)


@pytest.mark.parametrize(
    ("reference", "name"),
    [("n", "A.n"), ("../n", "A.n"), ("../../n", "n"), ("./../n", "A.n"), ("/S/n", "n"), ("/S//A/n", "A.n"),
     ("A/n", "A.n"), ("C/m", "C.m"), ("../../C/m", "C.m"), ("../../../S/C/./m", "C.m"), ("S/C/m", "C.m"),
     ("/S/A/../C/m", "C.m"), ("/S/./A/n", "A.n"), ("/S/A/B/../../n", "n")],
)  # fmt: skip
def test_references(reference, name):
    assert decoded(tree(reference), b"\7") == {name: 7}


@pytest.mark.parametrize("reference", ["m", "./n", "../m", "../../../../n", "/n", "/T/n", "/S/m", "../../A/m", ""])
def test_references_to_nothing(reference):
    assert refused(tree(reference)) == [f"line 1: no parameter is called {reference}"]


def test_two_of_one_name_are_refused():
    file = system("S", "\n" + telemetry(U8, parameters("n") + "\n" + parameters("n"), container("P", entries("n"))))
    assert refused(file) == ["line 3: a second parameter is called n"]


TYPES = system("dt", telemetry(U8))
HEAD = system("head", telemetry("", parameters("id", of="/dt/u8"), container("Packet", entries("id"))))
APP = system(
    "app",
    telemetry("", parameters("x", "y", of="dt/u8"),
              container("App", entries("x", "y"), base("../head/Packet", equal("/head/id", 1)))),
)  # fmt: skip


def test_several_files_are_one_database():
    definition = database(TYPES, HEAD, APP).definition
    assert [(one.name, one.base) for one in definition.packets] == [("Packet", ""), ("App", "Packet")]
    assert definition.name == "dt"


def test_what_two_files_call_alike_has_the_names_of_both():
    other = APP.replace('name="app"', 'name="other"').replace('value="1"', 'value="2"')
    definition = database(TYPES, HEAD, APP, other).definition
    assert [one.name for one in definition.packets] == ["Packet", "app.App", "other.App"]
    assert [field.name for field in definition.packets[2].fields] == ["other.x", "other.y"]


def test_what_a_file_does_not_have_may_stand_in_one_other():
    app = system("app", telemetry("", parameters("x"), container("App", entries("x"))))
    assert [one.name for one in database(TYPES, app).definition.packets] == ["App"]
    second = TYPES.replace('name="dt"', 'name="dt2"')
    assert refused(TYPES, second, app) == ["c.xml: line 1: which type is u8: /dt/u8 and /dt2/u8?"]


def test_refusals_name_their_files():
    assert refused(HEAD, "\n" + APP) == [
        "a.xml: line 1: no type is called /dt/u8",
        "b.xml: line 2: no type is called dt/u8",
    ]
    with pytest.raises(ValueError, match=r"^b\.xml: not XTCE: the outermost element is html, expected SpaceSystem$"):
        database(HEAD, "<html/>")


XI = '<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="{}"/>'


def test_a_file_includes_others():
    whole = system("S", telemetry(U8, parameters("n"), container("P", entries("n"))) + XI.format("../sub.xml"))
    sub = system("Sub", telemetry("", parameters("x"), container("Q", entries("x"), base("P", equal("n", 5)))))
    assert includes_of(whole.encode()) == ["../sub.xml"]
    reading = read_database([XtceFile("s.xml", whole.encode(), {"../sub.xml": XtceFile("sub.xml", sub.encode())})])
    assert [one.name for one in reading.definition.packets] == ["P", "Sub.Q"]
    assert refused(whole) == ["line 1: the included file ../sub.xml was not given"]


@pytest.mark.parametrize("octets", [b"<a/>", b"XInclude", b'<a xmlns:x="http://www.w3.org/2001/XInclude"/>'])
def test_what_includes_nothing(octets):
    assert includes_of(octets) == []


PAIR = (
    '<AggregateParameterType name="pair"><MemberList><Member name="n" typeRef="u8"/><Member name="k" typeRef="u8"/>'
    "</MemberList></AggregateParameterType>"
)


@pytest.mark.parametrize("reference", ["head.n", "head/n", "/S/head.n", "../S/head/n", "./head.n"])
def test_members_of_a_parameter(reference):
    said = parameters("head", of="pair") + parameters("x")
    when = f"<IncludeCondition>{equal(reference, 2)}</IncludeCondition>"
    inside = entries("head") + f'<ParameterRefEntry parameterRef="x">{when}</ParameterRefEntry>'
    file = system("S", telemetry(U8 + PAIR, said, container("P", inside)))
    assert decoded(file, b"\2\3\4") == {"head": {"n": 2, "k": 3}, "x": 4}
    assert decoded(file, b"\1\3\4") == {"head": {"n": 1, "k": 3}, "x": None}


@pytest.mark.parametrize("reference", ["outer.head.n", "outer/head/n", "outer/head.n", "/S/outer/head/n"])
def test_members_of_members(reference):
    outer = (
        '<AggregateParameterType name="outer"><MemberList><Member name="k" typeRef="u8"/>'
        '<Member name="head" typeRef="pair"/></MemberList></AggregateParameterType>'
    )
    when = f"<IncludeCondition>{equal(reference, 2)}</IncludeCondition>"
    inside = entries("outer") + f'<ParameterRefEntry parameterRef="x">{when}</ParameterRefEntry>'
    said = parameters("outer", of="outer") + parameters("x")
    file = system("S", telemetry(U8 + PAIR + outer, said, container("P", inside)))
    assert decoded(file, b"\7\2\3\4") == {"outer": {"k": 7, "head": {"n": 2, "k": 3}}, "x": 4}
    assert decoded(file, b"\2\1\2\4")["x"] is None


@pytest.mark.parametrize(("reference", "sentence"), [
    ("head.z", "head has no part .z"), ("head/z", "head has no part .z"), ("z.n", "no parameter is called z.n"),
    ("/head/n", "no parameter is called /head/n"), ("../..", "no parameter is called ../..")])  # fmt: skip
def test_members_that_there_are_not(reference, sentence):
    inside = entries("head") + container_of(reference)
    assert refused(system("S", telemetry(U8 + PAIR, parameters("head", of="pair"), container("P", inside)))) == [
        f"line 1: {sentence}"
    ]


def container_of(reference):
    when = f"<IncludeCondition>{equal(reference, 2)}</IncludeCondition>"
    return f'<ParameterRefEntry parameterRef="head">{when}</ParameterRefEntry>'


def test_a_parameter_of_another_system_under_its_own_name():
    sub = inner("Sub", telemetry("", '<ParameterRef parameterRef="../n"/>', container("P", entries("n"))))
    assert decoded(system("S", telemetry(U8, parameters("n")) + sub), b"\5") == {"n": 5}
    around = inner("Sub", telemetry("", '<ParameterRef parameterRef="../Sub/n"/>', container("P", entries("n"))))
    assert refused(system("S", telemetry(U8) + around)) == ["line 1: no parameter is called ../Sub/n"]
    unqualified = system("S", telemetry(U8, '<ParameterRef parameterRef="n"/>', container("P", entries("n"))))
    assert refused(unqualified) == ["line 1: no parameter is called n"]


def test_types_in_the_commands_of_a_file():
    sets = f"<ParameterTypeSet>{U8}</ParameterTypeSet><ParameterSet>{parameters('n')}</ParameterSet>"
    commands = f"<CommandMetaData>{sets}</CommandMetaData>"
    assert decoded(system("S", telemetry("", "", container("P", entries("n"))) + commands), b"\5") == {"n": 5}


def test_a_system_without_name():
    assert refused('<SpaceSystem><SpaceSystem name="a"/></SpaceSystem>') == [
        "line 1: SpaceSystem has no attribute name"
    ]
