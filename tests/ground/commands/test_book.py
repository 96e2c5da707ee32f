import pytest
from hypothesis import given
from hypothesis import strategies as st

from ground.commands.book import ENTRIES_MAX, CommandBook, request_of
from ground.records import CommandRecord, CommandStage
from hal.clock import Moment
from link.pus.packets import RequestId
from link.pus.services.verification import (
    AcceptanceFailure,
    AcceptanceSuccess,
    CompletionFailure,
    CompletionSuccess,
    FailureCode,
    ProgressFailure,
    ProgressSuccess,
    RoutingFailure,
    StartFailure,
    StartSuccess,
)

REQUEST = RequestId(42, 7)
SECOND = 1_000_000_000
WHY = "bad_arguments: x = 9"


def at(seconds: float) -> Moment:
    return Moment(int(seconds * SECOND), 10**18 + int(seconds * SECOND))


def book() -> CommandBook:
    return CommandBook((), 10 * SECOND, at(0))


def told(records):
    return [(record.state, [stage.name for stage in record.stages][-1]) for record in records]


def test_a_whole_life():
    commands = book()
    first = commands.enter(REQUEST, "imaging.capture", {"target": "coast"}, at(0))
    assert first == CommandRecord(
        number=1, name="imaging.capture", arguments={"target": "coast"}, request="42/7", sent_ns=at(0).utc_ns,
        state="queued", stages=(CommandStage(name="queued", received_ns=at(0).utc_ns),),
    )  # fmt: skip
    assert commands.deadline_ns == at(10).monotonic_ns
    word = REQUEST.word
    life = [
        commands.released(REQUEST, at(1)),
        commands.released(REQUEST, at(2)),
        commands.delivered(REQUEST, at(3)),
        commands.reported(AcceptanceSuccess(request=word), 4, at(5)),
        commands.reported(StartSuccess(request=word), 5, at(6)),
        commands.reported(StartSuccess(request=word), 5, at(6)),
        commands.reported(ProgressSuccess(request=word, step=2), 6, at(6)),
        commands.reported(CompletionSuccess(request=word), 7, at(8)),
    ]
    assert [told(records) for records in life] == [
        [("released", "released")], [], [("delivered", "delivered")], [("accepted", "accepted")],
        [("started", "started")], [], [("started", "step 2")], [("completed", "completed")],
    ]  # fmt: skip
    last = life[-1][0]
    assert [stage.time_ns for stage in last.stages] == [None, None, None, 4, 5, 6, 7]
    assert [stage.received_ns for stage in last.stages] == [at(n).utc_ns for n in (0, 1, 3, 5, 6, 6, 8)]
    assert [stage.detail for stage in last.stages] == [""] * 7
    assert commands.by_state == {"completed": 1}
    assert commands.deadline_ns is None


def test_a_refusal_says_why():
    commands = book()
    commands.enter(REQUEST, "a.b", {}, at(0))
    (record,) = commands.reported(
        AcceptanceFailure(request=REQUEST.word, code=FailureCode.BAD_ARGUMENTS, reason="x = 9"), 1, at(1)
    )
    assert (record.state, record.reason, record.stages[-1].detail) == ("failed", WHY, WHY)


def test_what_cop_1_says_late_does_not_take_a_command_back():
    commands = book()
    commands.enter(REQUEST, "a.b", {}, at(0))
    commands.reported(StartSuccess(request=REQUEST.word), 1, at(1))
    assert told(commands.delivered(REQUEST, at(2))) == [("started", "delivered")]
    assert commands.undelivered(REQUEST, "link given up", at(3)) == []


def test_undelivered_is_a_failure():
    commands = book()
    commands.enter(REQUEST, "a.b", {}, at(0))
    why = "the limit of transmissions is reached"
    (record,) = commands.undelivered(REQUEST, why, at(3))
    assert (record.state, record.reason) == ("failed", why)
    assert record.stages[-1] == CommandStage(name="not delivered", received_ns=at(3).utc_ns, detail=why)
    assert commands.undelivered(REQUEST, "again", at(4)) == []
    assert commands.undelivered(RequestId(1, 1), "of another ground", at(4)) == []


def test_silence_is_a_timeout_and_a_late_report_counts():
    commands = book()
    commands.enter(REQUEST, "a.b", {}, at(0))
    commands.released(REQUEST, at(1))
    assert commands.deadline_ns == at(11).monotonic_ns
    assert commands.step(at(10.9)) == []
    (record,) = commands.step(at(11))
    assert (record.state, record.reason) == ("timeout", "nothing heard for 10 s after it was released")
    assert record.stages[-1] == CommandStage(name="timeout", received_ns=at(11).utc_ns)
    assert commands.step(at(30)) == []
    assert told(commands.reported(CompletionSuccess(request=REQUEST.word), 1, at(31))) == [("completed", "completed")]


def test_reports_about_others_are_counted():
    commands = book()
    assert commands.reported(CompletionSuccess(request=REQUEST.word), 1, at(1)) == []
    assert commands.unmatched == 1


def test_a_new_service_goes_on_where_the_last_one_ended():
    first = book()
    first.enter(REQUEST, "a.b", {}, at(0))
    (record,) = first.reported(StartSuccess(request=REQUEST.word), 1, at(1))
    second = CommandBook([record], 10 * SECOND, at(100))
    assert second.next_count == 8
    assert second.reported(StartSuccess(request=REQUEST.word), 1, at(101)) == []
    (done,) = second.reported(CompletionSuccess(request=REQUEST.word), 2, at(102))
    assert [stage.name for stage in done.stages] == ["queued", "started", "completed"]
    assert second.enter(RequestId(42, second.next_count), "a.b", {}, at(103)).number == 2


def test_what_may_have_arrived_is_not_called_failed_until_nothing_was_heard_for_long():
    commands = book()
    commands.enter(REQUEST, "a.b", {}, at(0))
    commands.released(REQUEST, at(1))
    why = "the FARM is in lockout; it may have arrived all the same"
    assert told(commands.undelivered(REQUEST, why, at(2), sent=True)) == [("released", "not delivered")]
    assert commands.undelivered(REQUEST, why, at(3), sent=True)[0].stages[-2].name == "released"  # told once
    (record,) = commands.step(at(13))
    assert (record.state, record.reason) == ("timeout", f"{why}; nothing heard for 10 s since")
    late = commands.reported(CompletionSuccess(request=REQUEST.word), 1, at(14))
    assert told(late) == [("completed", "completed")]


def test_a_command_in_the_queue_is_patient_while_those_before_it_are_delivered():
    commands = book()
    for count in (1, 2):
        commands.enter(RequestId(1, count), "a.b", {}, at(0))
    commands.delivered(RequestId(1, 1), at(9))
    commands.reported(CompletionSuccess(request=RequestId(1, 1).word), 1, at(9))
    assert commands.step(at(18)) == []
    assert [record.number for record in commands.step(at(19))] == [2]


def test_each_sign_of_life_begins_its_time_anew():
    commands = book()
    commands.enter(REQUEST, "a.b", {}, at(0))
    signs = [
        lambda now: commands.released(REQUEST, now),
        lambda now: commands.undelivered(REQUEST, "lost", now, sent=True),
        lambda now: commands.delivered(REQUEST, now),
        lambda now: commands.reported(AcceptanceSuccess(request=REQUEST.word), 1, now),
        lambda now: commands.reported(ProgressSuccess(request=REQUEST.word, step=1), 2, now),
    ]
    for number, sign in enumerate(signs, 1):
        sign(at(9 * number))
        assert commands.deadline_ns == at(9 * number + 10).monotonic_ns


def test_the_next_to_time_out_is_the_one_that_is_silent_the_longest():
    commands = book()
    assert commands.deadline_ns is None
    for count in (1, 2):
        commands.enter(RequestId(1, count), "a.b", {}, at(count))
    assert commands.deadline_ns == at(11).monotonic_ns
    assert [record.number for record in commands.step(at(11))] == [1]
    assert commands.deadline_ns == at(12).monotonic_ns


def test_it_knows_what_was_sent_from_here():
    commands = book()
    assert commands.is_empty
    assert commands.next_count == 0
    commands.enter(REQUEST, "a.b", {}, at(0))
    assert not commands.is_empty
    assert (commands.knows(REQUEST), commands.knows(RequestId(42, 8))) == (True, False)


def test_numbers_go_on_behind_the_highest_in_whatever_order_the_archive_tells():
    records = [
        CommandRecord(
            number=number, name="a.b", arguments={}, request=f"42/{10 * number}", sent_ns=0, state="completed"
        )
        for number in (1, 3, 2)
    ]
    commands = CommandBook(records, 10 * SECOND, at(0))
    assert commands.next_count == 31
    assert commands.enter(REQUEST, "a.b", {}, at(0)).number == 4


def test_a_number_used_again_is_the_newer_command():
    """Sequence counts begin anew after 16384."""
    commands = book()
    commands.enter(REQUEST, "old", {}, at(0))
    commands.reported(CompletionSuccess(request=REQUEST.word), 1, at(1))
    commands.enter(REQUEST, "new", {}, at(2))
    assert commands.by_state == {"queued": 1}
    (record,) = commands.reported(CompletionSuccess(request=REQUEST.word), 3, at(3))
    assert (record.name, record.state) == ("new", "completed")


@pytest.mark.parametrize("request_text", ["", "65", "x/3", "65/x", "-1/3", "65/-1", "2048/3", "65/16384"])
def test_what_names_no_request_is_refused(request_text):
    record = CommandRecord(number=1, name="a.b", arguments={}, request=request_text, sent_ns=0, state="queued")
    with pytest.raises(ValueError):  # noqa: PT011 - by int or by us, in whose words does not matter
        request_of(record)
    assert CommandBook([record], SECOND, at(0)).is_empty


@pytest.mark.parametrize("request_text", ["0/0", "2047/16383"])
def test_what_names_one_is_read(request_text):
    record = CommandRecord(number=1, name="a.b", arguments={}, request=request_text, sent_ns=0, state="queued")
    assert str(request_of(record)) == request_text


@pytest.mark.parametrize(
    ("report", "stage", "state"),
    [
        (StartFailure, "not started", "failed"),
        (ProgressFailure, "step failed: 3", "failed"),
        (CompletionFailure, "failed", "failed"),
        (RoutingFailure, "refused", "failed"),
    ],
)
def test_each_failure_has_its_name_and_stays_over_a_restart(report, stage, state):
    commands = book()
    commands.enter(REQUEST, "a.b", {}, at(0))
    step = {"step": 3} if report is ProgressFailure else {}
    (record,) = commands.reported(
        report(request=REQUEST.word, code=FailureCode.BAD_ARGUMENTS, reason="x = 9", **step), 1, at(1)
    )
    assert (record.state, record.stages[-1].name, record.stages[-1].detail) == (state, stage, WHY)
    again = CommandBook([record], 10 * SECOND, at(100))
    (late,) = again.reported(AcceptanceSuccess(request=REQUEST.word), 2, at(101))
    assert (late.state, late.reason, late.stages[-1].detail) == (state, WHY, "")


def test_where_nothing_was_reported_a_restart_expects_everything():
    first = book()
    first.enter(REQUEST, "a.b", {}, at(0))
    (record,) = first.released(REQUEST, at(1))
    second = CommandBook([record], 10 * SECOND, at(100))
    assert second.deadline_ns == at(110).monotonic_ns
    assert told(second.reported(AcceptanceSuccess(request=REQUEST.word), 1, at(101))) == [("accepted", "accepted")]


LIFE = [AcceptanceSuccess, StartSuccess, CompletionSuccess]


@pytest.mark.parametrize("kept", range(1, 1 << len(LIFE)))
def test_a_restart_takes_nothing_back(kept):
    """Whichever reports came before it, late ones change nothing of a command that is over, and it stays over."""
    first = book()
    first.enter(REQUEST, "a.b", {}, at(0))
    reports = [kind(request=REQUEST.word) for kind in LIFE]
    for number, report in enumerate(reports):
        if kept >> number & 1:
            (record,) = first.reported(report, number, at(1))
    second = CommandBook([record], 10 * SECOND, at(100))
    before = ["accepted", "started", "completed"].index(record.state)
    for number, report in enumerate(reports):
        for changed in second.reported(report, number, at(101)):
            reached = ["accepted", "started", "completed"].index(changed.state)
            assert reached >= before
            before = reached
    assert [one.state for one in second.step(at(1000))] == []


def test_a_restart_keeps_a_refusal_and_its_reason():
    first = book()
    first.enter(REQUEST, "a.b", {}, at(0))
    refusal = AcceptanceFailure(request=REQUEST.word, code=FailureCode.BAD_ARGUMENTS, reason="x = 9")
    (record,) = first.reported(refusal, 1, at(1))
    second = CommandBook([record], 10 * SECOND, at(100))
    (late,) = second.reported(StartSuccess(request=REQUEST.word), 1, at(101))
    assert (late.state, late.reason) == ("failed", WHY)


def test_a_command_for_tomorrow_is_not_missed_today_after_a_restart_either():
    tomorrow = Moment(at(86_400).monotonic_ns, at(86_400).utc_ns)
    (first := book()).enter(REQUEST, "a.b", {}, tomorrow)
    record = next(entry.record for entry in first._entries.values())
    second = CommandBook([record], 10 * SECOND, at(100))
    assert second.step(at(86_409)) == []
    (missed,) = second.step(at(86_410))
    assert missed.state == "timeout"


def test_a_request_inside_another_fails_with_it():
    commands = book()
    inner, other = RequestId(42, 8), RequestId(42, 9)
    commands.enter(inner, "inner", {}, at(900), carrier=REQUEST)
    commands.enter(REQUEST, "outer", {}, at(0))
    commands.enter(other, "other", {}, at(0))
    changed = commands.undelivered(REQUEST, "the link was lost; it was not sent", at(1))
    assert [(one.name, one.state, one.reason) for one in changed] == [
        ("outer", "failed", "the link was lost; it was not sent"),
        ("inner", "failed", "outer, which contains it, failed"),
    ]
    why = "outer, which contains it, failed"
    assert changed[1].stages[-1] == CommandStage(name="not delivered", received_ns=at(1).utc_ns, detail=why)
    assert commands.by_state == {"failed": 2, "queued": 1}


def test_a_request_inside_one_that_a_restart_interrupted_may_be_executed_all_the_same():
    commands = book()
    inner = RequestId(42, 8)
    commands.enter(inner, "inner", {}, at(900), carrier=REQUEST)
    commands.enter(REQUEST, "outer", {}, at(0))
    cut_short = CompletionFailure(request=REQUEST.word, code=FailureCode.INTERRUPTED, reason="a restart cut it short")
    assert [(one.name, one.state) for one in commands.reported(cut_short, 1, at(1))] == [("outer", "failed")]
    played_back = commands.reported(AcceptanceSuccess(request=REQUEST.word), 0, at(1.5))
    assert [(one.name, one.state) for one in played_back] == [("outer", "failed")]
    (done,) = commands.reported(CompletionSuccess(request=inner.word), 1, at(2))
    assert (done.name, done.state) == ("inner", "completed")


def test_commands_forgotten_before_their_end_are_counted():
    commands = book()
    for count in range(ENTRIES_MAX + 5):
        commands.enter(RequestId(1, count), "a.b", {}, at(0))
        if count < 2:
            commands.reported(CompletionSuccess(request=RequestId(1, count).word), 1, at(0))
    assert commands.forgotten == 3


def test_it_is_bounded():
    commands = book()
    for count in range(ENTRIES_MAX + 5):
        commands.enter(RequestId(1, count), "a.b", {}, at(0))
    assert sum(commands.by_state.values()) == ENTRIES_MAX


def reporting(report):
    return lambda commands, now: commands.reported(report, 1, now)


ENDS = [
    reporting(CompletionSuccess(request=REQUEST.word)),
    reporting(CompletionFailure(request=REQUEST.word, code=FailureCode.EXECUTION_FAILED, reason="no")),
]
HAPPENINGS = [
    *ENDS,
    reporting(AcceptanceSuccess(request=REQUEST.word)),
    reporting(StartSuccess(request=REQUEST.word)),
    reporting(ProgressSuccess(request=REQUEST.word, step=1)),
    lambda commands, now: commands.released(REQUEST, now),
    lambda commands, now: commands.delivered(REQUEST, now),
    lambda commands, now: commands.undelivered(REQUEST, "lost", now),
    lambda commands, now: commands.step(at(now.monotonic_ns / SECOND + 10)),
]


@given(st.lists(st.sampled_from(HAPPENINGS)))
def test_whatever_the_order_stages_come_once_and_the_node_s_end_stays(happenings):
    commands = book()
    record, end = commands.enter(REQUEST, "a.b", {}, at(0)), ""
    for n, happen in enumerate(happenings, 1):
        for record in happen(commands, at(n)):
            names = [stage.name for stage in record.stages if stage.name != "timeout"]
            assert len(set(names)) == len(names)
        if happen in ENDS:
            end = end or record.state
        assert record.state == end or not end


@pytest.mark.parametrize("count", [0, 16383])
def test_request_ids_are_read_back(count):
    commands = book()
    commands.enter(RequestId(2046, count), "a.b", {}, at(0))
    assert commands.next_count == count + 1
