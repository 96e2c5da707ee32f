"""Reference pages say everything that the dictionary says, and differences are reported down to the value."""

import msgspec

from link.dictionary import Dictionary
from link.dictionary.conditions import All, Comparison
from link.dictionary.curves import Linear, Polynomial, Rounded, Spline
from link.dictionary.exchange.compare import differences
from link.dictionary.exchange.pages import Asked, reference_page
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
    Rest,
    Terminated,
    Text,
    Time,
)
from link.dictionary.limits import Limits
from link.dictionary.model import CommandEntry, EventEntry, ParameterEntry, ReportEntry

FIELDS = (
    Field(name="a", kind=Integer(12), unit="V", calibration=Linear(0.5, -1.0), text="Bus | main.\nSecond line."),
    Field(
        name="b",
        kind=Integer(4, signed=True),
        skip_bits=3,
        limits=Limits(warning=(0, 5), critical=(-1, 9), persistence=2),
    ),
    Field(name="c", kind=Integer(16, order="little"), calibration=Rounded(Polynomial((1.0, 0.0, 2.0)))),
    Field(name="d", kind=Integer(32, order="3412"), calibration=Spline(((0.0, 1.0), (5.0, 2.0)))),
    Field(name="e", kind=Real(32), calibration=Linear()),
    Field(name="f", kind=Boolean(1), valid=Comparison("b", 1)),
    Field(name="g", kind=Enumeration({"off": 0, "on": 1}, 4), when=Comparison("b", 2, ">")),
    Field(name="h", kind=Text(16)),
    Field(name="i", kind=Octets(Counted(8))),
    Field(name="j", kind=Time()),
    Field(name="k", kind=Array(Integer(8), Reference("b"))),
    Field(name="l", kind=Group((Field(name="x", kind=Integer(8)), Field(name="y", kind=Text(Terminated()))))),
    Field(name="m", kind=Octets(Lookup(()))),
    Field(name="n", kind=Octets(Rest())),
)  # fmt: skip
WHOLE = Dictionary(
    node="n",
    apid=5,
    managed={},
    reports=(ReportEntry(id=1, name="Status", fields=FIELDS, text="How it is."),),
    events=(EventEntry(id=2, name="Broken", severity="high", text="{a} broke."),),
    commands=(
        CommandEntry(
            id=3, name="app.go", fields=(Field(name="to", kind=Integer(8), default=5, range=(0, 9)),), hazardous=True
        ),
        CommandEntry(
            id=4, name="app.stop", constraint=All((Comparison("Status.b", 1, ">"), Comparison("Status.g", "on")))
        ),
    ),
    parameters=(ParameterEntry(id=6, name="app.gain", field=Field(name="gain", kind=Real(64)), text="Loop gain."),),
)


def test_a_page_says_everything():
    page = reference_page(WHOLE, [Asked("test.ping", "17,1", "Are you alive?", (FIELDS[6],))])
    for line in [
        "# n: dictionary",
        "### Status (0x1)",
        "How it is.",
        r"| a | uint12 | V | 0.5 raw -1 |  | Bus \| main. Second line. |",
        "| b | after 3 spare bits, int4 |  |  | warning 0..5, critical -1..9 (2 in a row) |  |",
        "| c | uint16, little-endian |  | 1 raw^0 + 2 raw^2, rounded |  |  |",
        "| d | uint32, octets in order 3412 |  | through 0 → 1, 5 → 2 |  |  |",
        "| e | float32 |  |  |  |  |",
        "| f | bool of 1 bits |  |  |  | valid while b == 1 |",
        "| g | enum4: 0 off, 1 on |  |  |  | there when b > 2 |",
        "| h | text of 16 octets |  |  |  |  |",
        "| i | up to 255 octets, counted in 8 bits |  |  |  |  |",
        "| j | CUC time, 4 + 3 octets |  |  |  |  |",
        "| k | as many values as b says, each uint8 |  |  |  |  |",
        "| l | x: uint8; y: text of octets up to a 0x00 |  |  |  |  |",
        "| m | as many octets as conditions say |  |  |  |  |",
        "| n | the remaining octets |  |  |  |  |",
        "### Broken (0x2), high",
        "### app.go (0x3), hazardous",
        "| to | uint8 | 0..9 | 5 |",
        "### app.stop (0x4)",
        "Sent only while Status.b > 1 and Status.g == on.",
        "| 0x6 | app.gain | a number | Loop gain. |",
        "### test.ping (TC[17,1])",
        "Are you alive?",
        "| g | enum4: 0 off, 1 on | off or on | there when b > 2 |",
    ]:
        assert line in page.split("\n"), line


def test_an_event_with_fields_is_a_table():
    event = EventEntry(id=5, name="Hot", severity="low", fields=(Field(name="t", kind=Integer(8), unit="degC"),))
    page = reference_page(Dictionary(node="n", apid=5, managed={}, events=(event,)))
    assert "| t | uint8 | degC |" in page.split("\n")


def test_a_page_leaves_out_what_there_is_none_of():
    page = reference_page(Dictionary(node="n", apid=5, managed={}))
    assert "##" not in page


def test_the_same_says_nothing():
    assert list(differences(WHOLE, WHOLE)) == []


def test_differences_are_told_down_to_the_value():
    status = msgspec.structs.replace(WHOLE.reports[0], fields=(FIELDS[1], FIELDS[0], *FIELDS[3:]), text="Long." * 20)
    broken = msgspec.structs.replace(WHOLE.events[0], severity="low")
    other = msgspec.structs.replace(
        WHOLE,
        apid=6,
        reports=(status, ReportEntry(id=9, name="New", fields=())),
        events=(broken,),
        commands=WHOLE.commands[1:],
    )
    assert list(differences(WHOLE, other)) == [
        "apid: 5 -> 6",
        "reports Status.fields c is gone",
        "reports Status.fields: another order, b, a, d, e, f, g, h, i, j, k, l, m, n",
        "reports Status.text: How it is. -> Long.Long.Long.Long.Long.Long.Long.Long.Long.Long.Long.Lo...",
        "reports New is new",
        "events Broken.severity: high -> low",
        "commands app.go is gone",
    ]
    added = msgspec.structs.replace(WHOLE, managed={"a": 1})
    assert list(differences(WHOLE, added)) == ["managed.a: 1 is new"]
    assert list(differences(added, WHOLE)) == ["managed.a: 1 is gone"]
