"""A command's life is known from the reports that arrive, in whatever order and however often."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ground.commands.tracker import CommandTracker, RequestProgress
from link.pus.packets import TcPacket
from link.pus.services import test
from link.pus.services.verification import (
    ExecutionStage,
    FailureCode,
    ProgressFailure,
    RoutingFailure,
    failure,
    success,
)
from link.pus.source import TcSource

PACKET = TcPacket(apid=5, count=9, service=8, subtype=1)
LIFE = [
    success(PACKET, ExecutionStage.ACCEPTANCE, 0),
    success(PACKET, ExecutionStage.START, 0),
    success(PACKET, ExecutionStage.PROGRESS, 1),
    success(PACKET, ExecutionStage.PROGRESS, 2),
    success(PACKET, ExecutionStage.COMPLETION, 0),
]


@given(st.permutations(LIFE + LIFE))
def test_reports_may_come_twice_and_in_any_order(reports):
    tracker = CommandTracker()
    tracked = tracker.sent(PACKET.request, "imaging.capture", 0)
    reached = []
    for report in reports:
        assert tracker.accept(report, 1) is tracked
        reached.append(list(RequestProgress).index(tracked.progress))
    assert reached == sorted(reached)
    assert (tracked.progress, tracked.step, len(tracked.stages)) == (RequestProgress.COMPLETED, 2, len(LIFE))


@pytest.mark.parametrize("stage", ExecutionStage)
def test_a_failure_ends_it_with_its_reason(stage):
    tracker = CommandTracker()
    tracked = tracker.sent(PACKET.request, "imaging.capture", 0)
    tracker.accept(failure(PACKET, stage, FailureCode.NOT_NOW, "night", 1), 5)
    assert tracked.is_over
    assert (tracked.progress, tracked.reason) == (RequestProgress.FAILED, "not_now: night")
    tracker.accept(success(PACKET, ExecutionStage.COMPLETION), 6)
    assert tracked.progress is RequestProgress.FAILED


def test_what_concerns_no_known_request_is_counted():
    tracker = CommandTracker()
    report = RoutingFailure(request=PACKET.request.word, code=FailureCode.ILLEGAL_APID, reason="")
    assert tracker.accept(report, 0) is None
    assert tracker.unmatched == 1
    assert tracker.accept(test.Pong(), 0) is None
    assert tracker.unmatched == 1


def test_the_oldest_request_is_forgotten():
    tracker = CommandTracker(capacity=2)
    source = TcSource(5)
    for number in range(3):
        tracker.sent(source.packet(test.Ping()).request, str(number), number)
    assert [tracked.name for tracked in tracker.requests] == ["1", "2"]
    assert tracker.forgotten == 1


def test_a_failed_step_is_told_with_its_number():
    tracker = CommandTracker()
    tracked = tracker.sent(PACKET.request, "x", 0)
    report = failure(PACKET, ExecutionStage.PROGRESS, FailureCode.EXECUTION_FAILED, "", 3)
    assert isinstance(report, ProgressFailure)
    tracker.accept(report, 1)
    assert (tracked.step, tracked.stages) == (3, [("ProgressFailure 3", 1)])
