"""Every request is answered, stage by stage, whatever it asks for and however it ends."""

from dataclasses import dataclass, field
from typing import Annotated

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsw.comms.dispatch import Dispatcher, RequestRepeated
from fsw.executive.app import App, CommandError, Pending
from fsw.executive.bus import Bus
from fsw.executive.executive import Executive, StepFailed
from fsw.pus.test import answer
from hal.sim.clock import VirtualClock
from link.dictionary import Event, Int8ub, command, wire
from link.pus.packets import AckFlags, TcPacket
from link.pus.services import test
from link.pus.services.functions import PerformFunction
from link.pus.services.test import ConnectionTested, Ping, Pong
from link.pus.services.verification import (
    AcceptanceFailure,
    AcceptanceSuccess,
    CompletionFailure,
    CompletionSuccess,
    ExecutionStage,
    Failure,
    FailureCode,
    ProgressSuccess,
    StartSuccess,
    Success,
)
from link.pus.source import TcSource
from tests.fsw.memories import request_memory_on
from tests.hal.recording_medium import RecordingMedium

APID = 65
A, S, C = ExecutionStage.ACCEPTANCE, ExecutionStage.START, ExecutionStage.COMPLETION


@dataclass
class Arm(App, period_ms=1000, budget_ms=10):
    """Does what a test wants."""

    pending: Pending = field(default_factory=Pending)
    moved_to: list[int] = field(default_factory=list)

    @command(opcode=1)
    def move(self, degrees: Annotated[int, wire(Int8ub, range=(0, 90))]) -> None:
        self.moved_to.append(degrees)

    @command(opcode=2)
    def unfold(self) -> Pending:
        return self.pending

    @command(opcode=3)
    def grip(self, force: Annotated[int, wire(Int8ub)]) -> None:
        if force == 0:
            raise CommandError(FailureCode.NOT_NOW, "nothing to grip")
        if force == 1:
            raise ValueError("force 1 is too little")
        raise KeyError("screw")

    def step(self, now_ns):
        return iter(())


class Desk:
    """An arm, its dispatcher and what it answered."""

    def __init__(self, medium=None):
        bus = Bus()
        self.arm, self.events = Arm(), bus.subscribe(Event, "events", capacity=99, policy="drop_new")
        self.answers, self.source = [], TcSource(APID)
        self.dispatcher = Dispatcher(
            Executive(VirtualClock(), bus),
            self.answers.append,
            {17: lambda one: answer(one, {APID})},
            request_memory_on(medium),
        )
        self.dispatcher.add(self.arm)

    def ask(self, request, acknowledge=AckFlags.ALL):
        packet = self.source.packet(request, acknowledge)
        self.dispatcher.handle(packet.encode())
        return packet

    def stages(self):
        """(stage, failure code or None) of every answer, about the last request only."""
        word = self.source.count - 1 | 0x1841C000
        reports = [answer for answer in self.answers if isinstance(answer, Success | Failure)]
        assert {report.request for report in reports} <= {word}
        return [
            (ExecutionStage(report.__subtype__ - isinstance(report, Failure)), getattr(report, "code", None))
            for report in reports
        ]


@pytest.fixture
def desk():
    return Desk()


def test_a_request_of_the_schedule_that_is_too_late_is_reported_and_not_executed(desk):
    desk.dispatcher.miss(desk.source.packet(PerformFunction(function=1, arguments=b"\x2d")).encode())
    assert (desk.arm.moved_to, desk.stages()) == ([], [(S, FailureCode.NOT_NOW)])
    assert (desk.dispatcher.accepted, desk.dispatcher.failed) == (0, 1)


def test_an_app_that_ends_none_of_its_commands_is_not_given_more_and_the_others_are(desk):
    """As many as are remembered would push out what a restart is to tell of; and the list would grow for ever."""

    @dataclass
    class Leg(App, period_ms=1000, budget_ms=10):
        @command(opcode=9)
        def step_aside(self) -> None:
            """Step aside."""

    desk.dispatcher.add(Leg())
    for _ in range(96):
        desk.ask(PerformFunction(function=2, arguments=b""))
    desk.answers.clear()
    for function, answers in [(2, [(A, FailureCode.NOT_NOW)]), (9, [(A, None), (S, None), (C, None)])]:
        desk.ask(PerformFunction(function=function, arguments=b""))
        assert desk.stages() == answers
        desk.answers.clear()
    desk.arm.pending.done()
    desk.dispatcher.report_completions()
    desk.answers.clear()
    desk.ask(PerformFunction(function=1, arguments=b"\x2d"))
    assert desk.stages() == [(A, None), (S, None), (C, None)]


@pytest.mark.requirement("FSW-CMD-001")
def test_a_command_is_accepted_started_and_completed(desk):
    desk.ask(PerformFunction(function=1, arguments=b"\x2d"))
    assert desk.arm.moved_to == [45]
    assert desk.stages() == [(A, None), (S, None), (C, None)]


def test_a_ping_is_answered(desk):
    desk.ask(Ping())
    assert Pong() in desk.answers
    assert desk.stages() == [(A, None), (S, None), (C, None)]


def test_another_application_process_is_not_here(desk):
    desk.ask(test.TestConnection(apid=APID))
    assert ConnectionTested(apid=APID) in desk.answers
    desk.answers.clear()
    desk.ask(test.TestConnection(apid=9))
    assert desk.stages() == [(A, None), (S, FailureCode.BAD_ARGUMENTS)]


@pytest.mark.parametrize("failure", [None, CommandError(FailureCode.EXECUTION_FAILED, "stuck")])
@pytest.mark.requirement("FSW-CMD-008")
def test_a_long_command_is_completed_when_the_app_says_so(desk, failure):
    desk.ask(PerformFunction(function=2, arguments=b""))
    desk.dispatcher.report_completions()
    assert desk.stages() == [(A, None), (S, None)]
    desk.arm.pending.fail(failure) if failure else desk.arm.pending.done()
    desk.dispatcher.report_completions()
    desk.dispatcher.report_completions()
    assert desk.stages() == [(A, None), (S, None), (C, failure and failure.code)]


@pytest.mark.parametrize(
    ("function", "arguments", "code", "reason"),
    [
        (9, b"", FailureCode.UNKNOWN_FUNCTION, "function 9"),
        (1, b"", FailureCode.BAD_ARGUMENTS, "1 octets needed, 0 given"),
        (1, b"\x5b", FailureCode.BAD_ARGUMENTS, "91"),
        (1, b"\x01\x01", FailureCode.BAD_ARGUMENTS, "1 octets more"),
    ],
)
@pytest.mark.requirement("FSW-CMD-002")
def test_what_cannot_be_understood_is_not_accepted(desk, function, arguments, code, reason):
    desk.ask(PerformFunction(function=function, arguments=arguments))
    assert desk.stages() == [(A, code)]
    assert reason in desk.answers[0].reason
    assert (desk.dispatcher.accepted, desk.dispatcher.rejected) == (0, 1)


@pytest.mark.parametrize(
    ("force", "code", "reason"),
    [
        (0, FailureCode.NOT_NOW, "nothing to grip"),
        (1, FailureCode.BAD_ARGUMENTS, "force 1 is too little"),
        (2, FailureCode.EXECUTION_FAILED, "KeyError: 'screw'"),
    ],
)
@pytest.mark.requirement("FSW-CMD-002")
def test_a_handler_that_cannot_says_why(desk, force, code, reason):
    desk.ask(PerformFunction(function=3, arguments=bytes([force])))
    assert desk.stages() == [(A, None), (S, code)]
    assert desk.answers[-1].reason == reason
    assert (desk.dispatcher.accepted, desk.dispatcher.failed) == (1, 1)
    assert [type(event) for event in desk.events.drain()] == [StepFailed] * (force == 2)


def test_each_end_is_counted(desk):
    for _ in range(3):
        desk.ask(PerformFunction(function=1, arguments=b"\x2d"))
        desk.ask(PerformFunction(function=3, arguments=b"\0"))
        desk.ask(PerformFunction(function=9, arguments=b""))
        desk.dispatcher.handle(b"no packet")
        desk.dispatcher.handle(desk.source.packet(Ping()).encode()[:-1])
    assert (desk.dispatcher.accepted, desk.dispatcher.failed, desk.dispatcher.rejected) == (6, 3, 9)
    assert desk.dispatcher.memory.repeated == 2  # what is no packet is refused each time it comes


@pytest.mark.requirement("FSW-PUS-001")
def test_an_unknown_service_is_refused(desk):
    desk.dispatcher.handle(TcPacket(apid=APID, count=0, service=99, subtype=3).encode())
    assert (desk.answers[0].code, desk.answers[0].reason) == (FailureCode.UNKNOWN_TYPE, "service 99, subtype 3")


@pytest.mark.requirement("FSW-CMD-001")
def test_only_what_was_asked_for_is_acknowledged(desk):
    desk.ask(PerformFunction(function=1, arguments=b"\x01"), AckFlags.COMPLETION)
    assert desk.stages() == [(C, None)]


UNFOLD = PerformFunction(function=2, arguments=b"")
CUT_SHORT = "the node restarted before it ended; perhaps it was executed"


class Lives:
    """Desks one after the other on one medium: each life forgets what is not on it."""

    def __init__(self):
        self.medium = RecordingMedium()
        self.boot()

    def boot(self):
        self.desk = Desk(self.medium)

    def told(self):
        """What the loop's next turn reports."""
        self.desk.answers.clear()
        self.desk.dispatcher.report_completions()
        return list(self.desk.answers)


def cut_short(packet):
    return CompletionFailure(request=packet.request.word, code=FailureCode.INTERRUPTED, reason=CUT_SHORT)


def test_one_that_a_restart_cuts_short_is_told_until_that_has_left_and_remembered_for_ever():
    lives = Lives()
    packet = lives.desk.ask(UNFOLD)
    assert lives.told() == []
    for failed in (1, 0, 0):  # restarts that come before the report of the first has left; it failed once
        lives.boot()
        assert [lives.told(), lives.told()] == [[cut_short(packet)], []]
        assert (lives.desk.dispatcher.accepted, lives.desk.dispatcher.failed) == (0, failed)
    memory = lives.desk.dispatcher.memory
    memory.mark_told(memory.untold)
    memory.keep(memory.taken[0])
    memory.flush()
    for _ in range(2):
        lives.boot()
        assert lives.told() == []
        lives.desk.dispatcher.handle(packet.encode())
        word = packet.request.word
        assert lives.desk.answers == [
            RequestRepeated(request=f"{APID}/0", standing="has failed (interrupted)"),
            AcceptanceSuccess(request=word),
            StartSuccess(request=word),
            cut_short(packet),
        ]
        assert (lives.desk.dispatcher.accepted, lives.desk.dispatcher.failed) == (0, 0)
        assert lives.desk.arm.pending.is_over is False


def test_several_that_a_restart_cuts_short_are_each_told_and_counted():
    """With those that ended in the same life, whatever acknowledgements these asked for, in the order of arrival."""
    lives = Lives()
    first = lives.desk.ask(UNFOLD)
    ended = lives.desk.ask(PerformFunction(function=1, arguments=b"\x2d"))
    refused = lives.desk.ask(PerformFunction(function=9, arguments=b""), AckFlags.NONE)
    lives.desk.ask(PerformFunction(function=1, arguments=b"\x2d"), AckFlags.START)
    last = lives.desk.ask(UNFOLD, AckFlags.NONE)
    lives.told()
    lives.boot()
    assert lives.told() == [
        cut_short(first),
        CompletionSuccess(request=ended.request.word),
        AcceptanceFailure(request=refused.request.word, code=FailureCode.UNKNOWN_FUNCTION, reason="function 9"),
        cut_short(last),
    ]
    assert lives.desk.dispatcher.failed == 2
    assert lives.told() == []


@given(st.binary(max_size=40))
@pytest.mark.requirement("FSW-CMD-003")
def test_any_octets_are_answered(octets):
    desk = Desk()
    desk.dispatcher.handle(octets)
    assert len(desk.answers) >= 1
    assert desk.dispatcher.accepted + desk.dispatcher.rejected == 1
    assert not any(isinstance(answer, ProgressSuccess) for answer in desk.answers)
