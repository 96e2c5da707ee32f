"""What a field asks for, and the values that a mission gives: right, or refused by the field's name."""

from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

import pytest

from fsw.executive.app import App
from fsw.executive.bus import Queue
from fsw.own.fields import Room, Subscription, check_complete, folder, initial_values, subscribe, wanted_by
from fsw.own.folder import Folder
from fsw.own.jobs import Jobs
from fsw.own.log import Log
from hal.board import Board
from hal.camera import Camera
from hal.clock import Clock
from link.dictionary import Event, Float32b, Int8ub, parameter


class Mode(IntEnum):
    SLOW = 0
    FAST = 1


@dataclass
class Heater(App, period_ms=1000, budget_ms=5):
    board: Board
    camera: Camera
    clock: Clock
    jobs: Jobs
    log: Log
    heard: Queue[Event] = subscribe(capacity=8, policy="drop_old")
    kept: Folder = folder(octets_max=100)
    gain: float = parameter(Float32b, default=1.0, range=(0, 5))
    steps: int = parameter(Int8ub, default=1)
    mode: Mode = parameter(default=Mode.SLOW)
    label: str = "a"
    rates: list[float] = field(default_factory=list)
    link: Any = field(default=None)
    worker: list[int] | set[int] = field(default_factory=set)
    _hidden: int = 0
    made: int = field(init=False, default=3)


@pytest.mark.requirement("FSW-APP-001")
def test_what_a_field_asks_for_follows_from_its_annotation():
    assert wanted_by(Heater) == {
        "board": Board,
        "camera": Camera,
        "clock": Clock,
        "jobs": Jobs,
        "log": Log,
        "heard": Subscription(Event, 8, "drop_old"),
        "kept": Room(100),
    }
    check_complete(Heater, {})


def test_values_become_what_the_fields_hold():
    said = {"gain": 2, "steps": 3, "mode": "fast", "label": "b", "rates": [1, 2.5]}
    found = initial_values(Heater, said)
    assert found == {"gain": 2.0, "steps": 3, "mode": Mode.FAST, "label": "b", "rates": [1.0, 2.5]}
    assert isinstance(found["gain"], float)


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ({"gain": "x"}, "gain: expected float, got str"),
        ({"gain": 6.0}, "gain = 6.0, expected 0..5"),
        ({"gain": float("nan")}, "gain = nan, expected finite numbers"),
        ({"steps": True}, "steps: expected int, got bool"),
        ({"steps": 1.5}, "steps: expected int, got float"),
        ({"steps": 256}, "steps = 256, expected 0..255"),
        ({"mode": "fats"}, "mode = 'fats', expected slow or fast"),
        ({"mode": 1}, "mode = 1, expected slow or fast"),
        ({"worker": 1.0}, "worker: a list[int] | set[int] cannot be given in a mission"),
        ({"gian": 1.0}, "gian: unknown key, expected file, name or one of gain, steps, mode, label, rates, link, "
                        "worker; did you mean gain?"),
        ({"link": {"a": float("nan")}}, "link = {'a': nan}, expected finite numbers"),
        ({"rates": [1, float("inf")]}, "rates = [1.0, inf], expected finite numbers"),
        ({"clock": 1}, "clock: unknown key, expected file, name or one of gain"),
        ({"_hidden": 1}, "_hidden: unknown key, expected file, name or one of gain"),
        ({"made": 1}, "made: unknown key, expected file, name or one of gain"),
    ],
)  # fmt: skip
def test_a_value_that_a_field_cannot_have_is_refused(said, sentence):
    with pytest.raises(ValueError) as refused:  # noqa: PT011  # the sentence is compared
        initial_values(Heater, said)
    assert str(refused.value).startswith(sentence)


def test_an_app_without_fields_takes_no_values():
    class Bare(App, period_ms=1000, budget_ms=5):
        pass

    assert (wanted_by(Bare), initial_values(Bare, {})) == ({}, {})
    with pytest.raises(ValueError, match="gain: unknown key, expected file, name or one of none"):
        initial_values(Bare, {"gain": 1})


@pytest.mark.parametrize(
    ("annotation", "default", "sentence"),
    [
        (Queue[Event], None, r"x: expected Queue\[TOPIC\] = subscribe"),
        (Queue, subscribe(capacity=1), r"x: expected Queue\[TOPIC\] = subscribe"),
        (Queue[Event], folder(octets_max=1), r"x: expected Queue\[TOPIC\] = subscribe"),
        (Folder, None, r"x: expected Folder = folder\(octets_max="),
        (Folder, subscribe(capacity=1), r"x: expected Folder = folder\(octets_max="),
        (int, subscribe(capacity=1), r"x: annotated int, expected Queue\[TOPIC\]"),
        (list[int], folder(octets_max=1), r"x: annotated list\[int\], expected Folder"),
    ],
)
def test_a_field_that_asks_in_a_wrong_way_is_refused(annotation, default, sentence):
    body = {"__annotations__": {"x": annotation}, "x": default}
    kind = dataclass(type(App)("Wrong", (App,), body, period_ms=1000, budget_ms=5))
    with pytest.raises(ValueError, match=sentence):
        wanted_by(kind)


def test_a_field_that_nobody_fills_is_refused_unless_the_mission_does():
    @dataclass
    class Wanting(App, period_ms=1000, budget_ms=5):
        gain: float

    with pytest.raises(ValueError, match=r"Wanting\.gain: a float cannot be handed in.*expected Board, Camera"):
        check_complete(Wanting, {})
    check_complete(Wanting, initial_values(Wanting, {"gain": 1.0}))


@pytest.mark.parametrize(
    ("ask", "sentence"),
    [
        (lambda: subscribe(capacity=0), r"capacity 0, expected 1\.\.10000"),
        (lambda: subscribe(capacity=1, policy="refuse"), "policy 'refuse', expected drop_new or drop_old or latest"),
        (lambda: folder(octets_max=0), r"octets_max 0, expected 1\.\."),
    ],
)
def test_what_is_asked_for_has_bounds(ask, sentence):
    with pytest.raises(TypeError, match=sentence):
        ask()
