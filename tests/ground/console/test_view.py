"""The view: lines where nobody can look at a table, a table where somebody can."""

import io

import msgspec
import pytest
from rich.console import Console

from ground.console.picture import Picture, render
from ground.console.view import View
from ground.records import SampleRecord, TransferRecord
from hal.sim.clock import VirtualClock
from tests.ground.example_dictionary import UTC_NS

SAMPLE = SampleRecord(report="NodeStatus", time_ns=0, received_ns=0, values={"uptime_s": 7}, units={"uptime_s": "s"})
TRANSFER = TransferRecord(
    transaction="1-1", name="a.product", received_octets=5, size_octets=10, begun_ns=0, updated_ns=0
)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def shown(stream):
    clock = VirtualClock()
    with View(clock, stream) as view:
        for record in (SAMPLE, None, TRANSFER):
            view.accept(record)
            clock.advance(10**9)
    return stream.getvalue()


def test_lines_for_logs():
    lines = shown(io.StringIO()).splitlines()
    assert len(lines) == 2
    assert "uptime_s=7 s" in lines[0]
    assert "a.product" in lines[1]


def test_a_table_for_people():
    text = shown(Terminal())
    assert "NodeStatus" in text
    assert "5 of 10" in text


@pytest.mark.parametrize("set_by_ns", [0, 3600 * 10**9, -3600 * 10**9])
def test_an_age_is_what_has_passed_however_a_clock_is_set(set_by_ns):
    picture = Picture()
    picture.accept(msgspec.structs.replace(SAMPLE, received_ns=UTC_NS + set_by_ns), 5 * 10**9)
    picture.accept(msgspec.structs.replace(SAMPLE, report="Older", received_ns=UTC_NS), 6 * 10**9, age_ns=40 * 10**9)
    out = io.StringIO()
    Console(file=out, width=150).print(render(picture, 12 * 10**9))
    ages = {words[0]: words[-1] for words in map(str.split, out.getvalue().splitlines()) if words}
    assert (ages["NodeStatus"], ages["Older"]) == ("7", "46")


def test_a_line_has_what_changed_and_what_is_out_of_limits():
    stream = io.StringIO()
    first = msgspec.structs.replace(
        SAMPLE, values={"uptime_s": 7, "ticks": 1, "load": 99}, out_of_limits={"load": "critical"}
    )
    with View(VirtualClock(), stream) as view:
        view.accept(first)
        view.accept(msgspec.structs.replace(first, values={**first.values, "uptime_s": 8}))
    assert stream.getvalue().splitlines()[1].split("  ")[1:] == ["NodeStatus", "uptime_s=8 s", "load=99!"]


def test_a_report_that_says_nothing_new_is_no_line():
    stream = io.StringIO()
    with View(VirtualClock(), stream) as view:
        for _ in range(3):
            view.accept(msgspec.structs.replace(SAMPLE, values={"uptime_s": 7}, out_of_limits={}))
    assert len(stream.getvalue().splitlines()) == 1


def test_long_lines_are_folded_under_their_words(monkeypatch):
    monkeypatch.setenv("COLUMNS", "50")
    stream = io.StringIO()
    with View(VirtualClock(), stream) as view:
        view.accept(msgspec.structs.replace(SAMPLE, values={f"value_{n}": n for n in range(20)}))
    first, *others = stream.getvalue().splitlines()
    assert max(map(len, (first, *others))) <= 50
    assert all(one.startswith(" " * 14 + "value_") for one in others)
    assert sum(one.count("value_") for one in (first, *others)) == 20
