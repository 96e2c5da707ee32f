"""Requests by name become messages, and what services answer becomes words."""

from dataclasses import dataclass
from enum import IntEnum
from typing import Annotated

import pytest

from ground.commands.names import Names
from ground.commands.requests import Requests, offers
from link.dictionary import Dictionary, Event, Int8ub, Int16ub, Telemetry, command, parameter, wire
from link.pus.packets import TcPacket
from link.pus.services import event_actions, housekeeping, memory, monitoring, parameters, scheduling
from link.pus.services import test as test_service
from link.pus.services.functions import PerformFunction
from link.pus.services.verification import ExecutionStage, FailureCode, failure
from link.pus.source import TcSource
from link.time.calendar import encode_ascii


class Mode(IntEnum):
    SAFE = 0
    PAYLOAD = 2


class Level(Telemetry, id=3):
    volts: int = wire(Int16ub, unit="V")


class Spill(Event, id=4):
    percent: int = wire(Int8ub)


@dataclass
class Tank:
    gain: float = parameter(id=1, default=1.0, unit="1/s", range=(0, 9))
    mode: Mode = parameter(id=2, default=Mode.SAFE)

    @command(opcode=7, hazardous=True)
    def vent(self, seconds: int = 5) -> None:
        """Open it."""


DICTIONARY = Dictionary.of("tank", 65, {}, [Level, Spill, Tank], services=(1, 3, 6, 8, 11, 12, 17, 19, 20))
NOON = 1_800_000_000_000_000_000


def make(name, **arguments):
    return Requests(DICTIONARY).make(name, arguments, TcSource(65, count=9))


def test_what_is_offered_is_what_the_node_has():
    names = [offer.name for offer in offers(DICTIONARY)]
    assert {"test.ping", "housekeeping.enable_periodic", "memory.dump_memory"} & set(names) == {
        "test.ping", "housekeeping.enable_periodic", "memory.dump_memory",
    }  # fmt: skip
    assert not any(name.startswith(("events.", "functions.", "storage.")) for name in names)


@pytest.mark.parametrize(
    ("name", "arguments", "request_"),
    [
        ("test.ping", {}, test_service.Ping()),
        ("test.test_connection", {}, test_service.TestConnection(apid=65)),
        ("tank.vent", {"seconds": "9"}, PerformFunction(function=7, arguments=bytes([0, 0, 0, 9]))),
        ("housekeeping.enable_periodic", {"structures": "Level,200"}, housekeeping.EnablePeriodic(structures=[3, 200])),
        ("housekeeping.enable_periodic", {"structures": [3, "Level"]}, housekeeping.EnablePeriodic(structures=[3, 3])),
        ("housekeeping.enable_periodic", {"structures": 200}, housekeeping.EnablePeriodic(structures=[200])),
        ("housekeeping.modify_intervals", {"intervals": '{"structure": "Level", "interval": 5}'},
         housekeeping.ModifyIntervals(intervals=[housekeeping.StructureInterval(structure=3, interval=5)])),
        ("parameters.report_values", {"parameters": "tank.gain,Level.volts"},
         parameters.ReportValues(parameters=[1, 0x300])),
        ("parameters.set_values", {"tank.mode": "payload"}, parameters.SetValues(count=1, values=bytes([0, 2, 2]))),
        ("memory.dump_memory", {"memory": "1", "areas": '[{"address": 16, "size": 2}]'},
         memory.DumpMemory(memory=1, areas=[memory.Area(address=16, size=2)])),
    ],
)  # fmt: skip
def test_a_request_by_name(name, arguments, request_):
    assert make(name, **arguments).request == request_


def test_conditions_say_which_members_there_are():
    definitions = """[{"number": 1, "parameter": "Level.volts", "check": "limits", "high": 9, "high_event": "Spill"},
                      {"number": 2, "parameter": "tank.mode", "check": "expected_value", "mask": 3}]"""
    first, second = make("monitoring.add_definitions", definitions=definitions).request.definitions
    assert (first.parameter, first.low, first.high, first.high_event, first.mask) == (0x300, 0.0, 9.0, 4, None)
    assert (second.check, second.mask, second.expected, second.low) == (monitoring.CheckType.EXPECTED_VALUE, 3, 0, None)


def test_a_request_that_is_released_later_or_on_an_event():
    inside = {"request": "tank.vent seconds=9"}
    timed = make("scheduling.insert_activities", at=encode_ascii(NOON).decode(), sub_schedule="2", **inside)
    packet = timed.inside.packet
    assert timed.request == scheduling.insert_of(2, [(NOON, packet.encode())])
    assert (timed.hazardous, timed.inside.at_ns, timed.inside.order.name, packet.count) == (True, NOON, "tank.vent", 9)
    acting = make("event_actions.add_action", event="Spill", **inside)
    assert isinstance(acting.request, event_actions.AddAction)
    assert TcPacket.decode(acting.request.request) == acting.inside.packet
    assert (acting.request.apid, acting.request.event, acting.inside.at_ns) == (65, 4, None)


@pytest.mark.parametrize(
    ("name", "arguments", "sentence"),
    [
        ("test.dance", {}, "no command is called test.dance"),
        ("events.enable_events", {}, "no command is called"),
        ("test.ping", {"loud": "yes"}, "test.ping: no argument is called loud; known: none"),
        ("housekeeping.enable_periodic", {"structure": "3"}, "no argument is called structure; known: structures"),
        ("housekeeping.enable_periodic", {"structures": "Nothing"}, "structures = 'Nothing', expected"),
        ("housekeeping.modify_intervals", {"intervals": "[5]"}, "intervals = 5, expected"),
        ("housekeeping.modify_intervals", {"intervals": '{"rate": 5}'}, "no member is called rate"),
        ("housekeeping.modify_intervals", {"intervals": "{"}, "truncated"),
        ("housekeeping.modify_intervals", {"intervals": "[" * 100_000}, "nested too deep"),
        ("housekeeping.modify_intervals", {"intervals": 5}, "intervals = 5, expected"),
        ("parameters.report_values", {"parameters": 1e300}, "parameters = .1e.300., expected"),
        ("parameters.set_values", {"tank.size": "1"}, "no parameter is called tank.size"),
        ("parameters.set_values", {"tank.gain": "10"}, "gain = 10.0, expected 0..9 1/s"),
        ("scheduling.insert_activities", {"at": "noon", "request": "test.ping"}, "at = 'noon', expected a time as"),
        ("event_actions.add_action", {"event": "4"}, "request is missing"),
        ("event_actions.add_action", {"event": "4", "request": "event_actions.add_action request=test.ping"},
         "event_actions.add_action cannot be in another request"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_one_sentence(name, arguments, sentence):
    with pytest.raises(ValueError, match=sentence):
        make(name, **arguments)


def test_answers_in_words():
    names = Names(DICTIONARY)
    table = names.table
    values = parameters.ParameterValues(count=2, values=table.encode(2, "payload") + table.encode(0x300, 7))
    assert names.words(values) == "tank.mode=payload Level.volts=7 V"
    content = housekeeping.StructureReport(structure=200, enabled=True, interval=5, parameters=[1, 99], groups=[])
    assert names.words(content) == "structure=200 enabled=True interval=5 parameters=tank.gain, 99 groups=none"
    status = event_actions.ActionStatus(event=event_actions.EventReference(apid=65, event=4), enabled=False)
    said = names.words(event_actions.ActionStatusReport(statuses=[status]))
    assert said == "statuses=(event=(apid=65 event=Spill) enabled=False)"
    action = event_actions.ActionReport(apid=65, event=5, enabled=True, request=b"\1\2")
    assert names.words(action) == "apid=65 event=5 enabled=True request=0102"
    assert names.words(test_service.Pong()) == ""
    refusal = failure(
        TcPacket(apid=65, count=3, service=17, subtype=1), ExecutionStage.START, FailureCode.NOT_NOW, "night"
    )
    assert names.words(refusal) == "request=65/3 code=not_now reason=night"


class Arming:
    """Who arms the tank."""

    app_name = "modes"

    @command(opcode=8)
    def arm(self, function: Annotated[int, wire(Int16ub)]) -> None:
        """Arm it."""


ARMED = Dictionary.of("tank", 65, {}, [Level, Spill, Tank, Arming], services=(1, 11, 19), arming="modes.arm")


@pytest.mark.requirement("GND-OPS-001")
def test_a_hazardous_command_is_sent_with_the_one_that_arms_it():
    order = Requests(ARMED).make("tank.vent", {"seconds": 9}, TcSource(65))
    assert (order.arming.name, order.arming.arguments, order.arming.hazardous) == ("modes.arm", {"function": 7}, False)
    assert Requests(ARMED).make("modes.arm", {"function": "7"}, TcSource(65)).arming is None


def test_scheduled_it_is_armed_at_the_same_time_just_before():
    arguments = {"at": encode_ascii(NOON).decode(), "request": "tank.vent seconds=9"}
    order = Requests(ARMED).make("scheduling.insert_activities", arguments, TcSource(65, count=5))
    arming, inside = order.inside.arming, order.inside
    assert [(one.order.name, one.packet.count, one.at_ns) for one in (arming, inside)] == [
        ("modes.arm", 5, NOON),
        ("tank.vent", 6, NOON),
    ]
    activities = [(NOON, one.packet.encode()) for one in (arming, inside)]
    assert order.request == scheduling.insert_of(0, activities)
    assert (order.hazardous, order.arming) == (True, None)


@pytest.mark.requirement("GND-OPS-001")
def test_no_event_fires_what_must_be_armed():
    with pytest.raises(ValueError, match=r"event_actions\.add_action: tank\.vent is hazardous and must be armed first"):
        Requests(ARMED).make("event_actions.add_action", {"event": "Spill", "request": "tank.vent"}, TcSource(65))
