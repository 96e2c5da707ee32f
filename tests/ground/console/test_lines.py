import io

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from ground.console.lines import line, printable, stage_line, status_lines, value_text
from ground.console.picture import Picture, render
from ground.records import (
    TIME_UNIT,
    ArchiveRecord,
    CommandRecord,
    CommandStage,
    EventRecord,
    FileRecord,
    LinkRecord,
    SampleRecord,
    Status,
    TransferRecord,
)
from ground.service.api import NEWS

NOON_NS = 12 * 3600 * 10**9
EVIL = "[bold]\x1b[2J\n"
RECORDS = [
    SampleRecord(
        report="Power", time_ns=1, received_ns=NOON_NS, values={"bus": 7.25, "text": EVIL},
        units={"bus": "V"}, out_of_limits={"bus": "critical"},
    ),
    EventRecord(
        origin="node", severity="low", name="Cold", message=f"It is cold {EVIL}", time_ns=1,
        received_ns=NOON_NS, count=1
    ),
    CommandRecord(
        number=3, name="a.b", arguments={}, request="1/1", sent_ns=1, state="queued",
        stages=(CommandStage(name="queued", received_ns=NOON_NS),),
    ),
    TransferRecord(
        transaction="1-1", name=f"coast{EVIL}", received_octets=5, size_octets=20, begun_ns=1, updated_ns=NOON_NS
    ),
    FileRecord(name="coast", size_octets=20, transaction="1-1", begun_ns=1, received_ns=NOON_NS),
    Status(
        node=f"coastwatch{EVIL}", dictionary="12", node_dictionary="34", port="sim", now_ns=NOON_NS, begun_ns=1,
        linked=True, link=LinkRecord(), archive=ArchiveRecord(fault="the disk is full"), commands={"queued": 1},
        transfers=(), dropped={"file packets": 3, "clients": 0}, failed={"packet": 2},
    ),
]  # fmt: skip


def test_every_record_is_one_line():
    assert {type(record) for record in RECORDS} == set(NEWS.values())
    assert [line(record) for record in RECORDS] == [
        r"12:00:00.000  Power  bus=7.25 V!  text=[bold]\x1b[2J\n",
        r"12:00:00.000  LOW    Cold: It is cold [bold]\x1b[2J\n",
        "12:00:00.000  command 3 a.b: queued",
        r"12:00:00.000  file coast[bold]\x1b[2J\n: 5 octets, 25 %",
        "12:00:00.000  file coast is here, 20 octets",
        "12:00:00.000  0 frames, 0 lost",
    ]


@given(st.text())
def test_nothing_received_can_steer_a_terminal(text):
    assert printable(text).isprintable()
    assert stage_line(CommandStage(name="failed", received_ns=1, detail=text)).isprintable()


def test_a_stage_that_is_heard_of_late_takes_nothing_back():
    stages = [CommandStage(name=name, received_ns=NOON_NS) for name in ("released", "completed", "accepted", "started")]
    command = CommandRecord(
        number=3, name="a.b", arguments={}, request="1/1", sent_ns=1, state="completed", stages=tuple(stages)
    )
    assert line(command) == "12:00:00.000  command 3 a.b: completed"
    given_up = CommandStage(name="not delivered", received_ns=NOON_NS)
    assert line(msgspec.structs.replace(command, state="released", stages=(*stages[:1], given_up))).endswith(
        "a.b: not delivered"
    )


@pytest.mark.parametrize(
    ("value", "unit", "shown"),
    [
        (1.23456789, "V", "1.23457 V"),
        (3, "", "3"),
        (True, "", "on"),
        (None, "V", "-"),
        ("heating", "", "heating"),
        (NOON_NS, TIME_UNIT, "12:00:00.000"),
    ],
)
def test_values_as_people_read_them(value, unit, shown):
    assert value_text(value, unit) == shown


def test_the_status_page_says_what_is_wrong():
    page = "\n".join(status_lines(RECORDS[-1]))
    assert "but the node flies 34: no command is sent" in page
    assert "the disk is full" in page
    assert "dropped      3 file packets\n" in page
    assert "failed       2 packet" in page


def test_a_sound_status_page_says_so():
    page = "\n".join(status_lines(msgspec.structs.replace(RECORDS[-1], dropped={"clients": 0}, failed={})))
    assert "dropped      nothing\nfailed       nothing" in page


def test_a_picture_says_how_much_it_does_not_show():
    picture = Picture()
    for number in range(20):
        picture.accept(msgspec.structs.replace(RECORDS[2], number=number), 0)
        picture.accept(msgspec.structs.replace(RECORDS[3], transaction=f"1-{number}"), 0)
    assert (len(picture.happenings), picture.earlier, len(picture.transfers)) == (8, 12, 5)
    out = io.StringIO()
    Console(file=out, width=150).print(render(picture, 0))
    assert "12 earlier" in out.getvalue()


def test_the_picture_shows_the_latest_of_everything_and_obeys_nothing_in_it():
    picture = Picture()
    for record in RECORDS:
        picture.accept(record, 0)
    out = io.StringIO()
    Console(file=out, width=150, force_terminal=False, color_system=None).print(render(picture, 2 * 10**9))
    shown = out.getvalue()
    for text in ("Power", "7.25 V", "5 of 20", "LOW    Cold", "command 3 a.b: queued", "not heard"[4:]):
        assert text in shown
    assert "\x1b" not in shown
    assert r"[bold]\x1b[2J\n" in shown
