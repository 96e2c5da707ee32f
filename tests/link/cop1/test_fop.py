"""FOP-1 held against table 5-1: each event in each state, through the public face, then its actions one by one."""

from dataclasses import replace

import pytest

from link.cop1 import AlertCode, Fop, FopAlert, FopAnswer, FopDirective, FopState, FopSuspended, Response, Transfer
from link.cop1.fop import NOTICES_MAX
from link.frames.clcw import Clcw
from link.frames.tc import UNLOCK, FrameType, set_vr
from tests.link.cop1.fops import (
    MANAGED,
    MS,
    NNR,
    T1_MS,
    VS,
    ask,
    clcw,
    expire,
    fop_in,
    new,
    opened,
    refused,
    report,
    send,
    send_expedited,
)


def test_one_frame_of_a_type_is_asked_for_until_it_is_taken():
    fop = opened()
    for number in range(2):
        fop.send(bytes([number + 1]), 0, tag=number)
    (first,) = fop.asked
    assert fop.asked == (first,)
    fop.accepted(first, 0)
    (second,) = fop.asked
    assert (first.sequence, second.sequence) == (0, 1)
    fop.accepted(first, 0)  # once more: nothing follows
    assert fop.asked == (second,)


def test_what_is_given_up_is_not_asked_for_any_more():
    fop = opened()
    fop.send(b"data", 0, tag=1)
    assert fop.holds(1)
    fop.directive(FopDirective.TERMINATE, 0)
    assert (fop.asked, fop.holds(1)) == ((), False)


def test_a_unit_that_waits_for_the_window_is_held():
    fop = opened(window=1)
    for number in range(2):
        fop.send(b"data", 0, tag=number)
    fop.drain_frames(0)
    assert [fop.holds(number) for number in range(3)] == [True, True, False]


def test_the_timer_begins_anew_when_a_frame_has_left():
    fop = opened()
    fop.left(7)
    assert fop.deadline_ns is None  # nothing is on its way
    fop.send(b"data", 0)
    fop.drain_frames(0)
    fop.left(10**9)
    assert fop.deadline_ns == 10**9 + 100 * 10**6


R, W, RW = {"retransmit": True}, {"wait": True}, {"retransmit": True, "wait": True}
DONE, LIMIT1, LAST, SUSPEND = {"outstanding": False}, {"transmission_limit": 1}, {"count": 3}, {"timeout_type": 1}
LIMIT1_SUSPEND = {**LIMIT1, **SUSPEND}
# Event, how it comes about, in which FOP, then the next states from S1..S6; "." cannot be.
TABLE = [
    ("E1", report(VS), DONE, "166116"),
    ("E2", report(VS), {}, "111..6"),
    ("E3", report(VS, **W), DONE, "666666"),
    ("E4", report(VS, **R), DONE, "666656"),
    ("E5", report(NNR), {}, "166..6"),
    ("E6", report(2), {}, "111..6"),
    ("E7", report(NNR, **W), {}, "666..6"),
    ("E7", report(2, **W), {}, "666..6"),
    ("E101", report(2, **R), LIMIT1, "666..6"),
    ("E102", report(NNR, **R), LIMIT1, "666..6"),
    ("E8", report(2, **R), {}, "222..6"),
    ("E9", report(2, **RW), {}, "333..6"),
    ("E10", report(NNR, **R), {}, "222..6"),
    ("E11", report(NNR, **RW), {}, "333..6"),
    ("E12", report(NNR, **R), LAST, "222..6"),
    ("E103", report(NNR, **RW), LAST, "333..6"),
    ("E13", report(VS + 1), {}, "666656"),
    ("E13", report(NNR - 1), {}, "666656"),
    ("E14", report(VS, lockout=True), {}, "666656"),
    ("E15", report(VS, cop=0), {}, "666666"),
    ("E16", expire, {}, "12365."),
    ("E104", expire, SUSPEND, "12365."),
    ("E17", expire, LIMIT1, "66666."),
    ("E18", expire, LIMIT1_SUSPEND, "66666."),
    ("E19", send, {}, "123456"),
    ("E21", send_expedited, {}, "123456"),
    ("E23", ask(FopDirective.INITIATE), {}, "123451"),
    ("E24", ask(FopDirective.INITIATE_CLCW_CHECK), {}, "123454"),
    ("E25", ask(FopDirective.INITIATE_UNLOCK), {}, "123455"),
    ("E27", ask(FopDirective.INITIATE_SET_VR, 9), {}, "123455"),
    ("E29", ask(FopDirective.TERMINATE), {}, "666666"),
    ("E30", ask(FopDirective.RESUME), {}, "123456"),
    ("E35", ask(FopDirective.SET_VS, 9), {}, "123456"),
    ("E36", ask(FopDirective.SET_WINDOW, 2), {}, "123456"),
    ("E37", ask(FopDirective.SET_T1_MS, 2), {}, "123456"),
    ("E38", ask(FopDirective.SET_TRANSMISSION_LIMIT, 2), {}, "123456"),
    ("E39", ask(FopDirective.SET_TIMEOUT_TYPE, 1), {}, "123456"),
    ("E40", ask(FopDirective.SET_WINDOW, 5), {}, "123456"),
    ("E42", refused(send), {}, "663456"),
    ("E46", refused(send_expedited), {}, "666666"),
]


def cells():
    for event, act, parameters, states in TABLE:
        for state, after in zip(FopState, states, strict=True):
            if after != ".":
                yield pytest.param(act, state, parameters, int(after), id=f"{event}-S{state}")


@pytest.mark.parametrize(("act", "state", "parameters", "after"), list(cells()))
def test_next_state(act, state, parameters, after):
    fop = fop_in(state, **parameters)
    act(fop)
    assert fop.state == after


def told(fop):
    return fop.drain_notices()


def alerts(fop):
    return [notice.code for notice in told(fop) if isinstance(notice, FopAlert)]


def numbers(frames):
    return [frame.sequence for frame in frames]


@pytest.mark.parametrize(
    ("code", "act", "state", "parameters"),
    [
        (AlertCode.SYNCH, report(VS), FopState.RETRANSMIT, DONE),
        (AlertCode.SYNCH, report(VS, **R), FopState.ACTIVE, DONE),
        (AlertCode.SYNCH, report(NNR), FopState.RETRANSMIT_WAIT, {}),
        (AlertCode.CLCW, report(VS, **W), FopState.ACTIVE, DONE),
        (AlertCode.CLCW, report(NNR, **W), FopState.ACTIVE, {}),
        (AlertCode.CLCW, report(VS, cop=2), FopState.ACTIVE, {}),
        (AlertCode.LIMIT, report(2, **R), FopState.ACTIVE, LIMIT1),
        (AlertCode.LIMIT, report(NNR, **R), FopState.ACTIVE, LIMIT1),
        (AlertCode.NNR, report(VS + 1), FopState.ACTIVE, {}),
        (AlertCode.LOCKOUT, report(VS, lockout=True), FopState.ACTIVE, {}),
        (AlertCode.T1, expire, FopState.ACTIVE, LIMIT1),
        (AlertCode.T1, expire, FopState.INITIALISING, {}),
        (AlertCode.T1, expire, FopState.INITIALISING_BC, LIMIT1_SUSPEND),
        (AlertCode.TERM, ask(FopDirective.TERMINATE), FopState.ACTIVE, {}),
        (AlertCode.LLIF, refused(send_expedited), FopState.ACTIVE, {}),
    ],
)
def test_alerts_end_the_service(code, act, state, parameters):
    fop = fop_in(state, **parameters)
    act(fop)
    assert alerts(fop) == [code]
    assert (fop.state, fop.deadline_ns, fop.unacknowledged, fop.ready) == (FopState.INITIAL, None, 0, False)
    assert fop.nnr == fop.vs


class TestTransfer:
    def test_accepted_sent_confirmed(self):
        fop = new()
        fop.directive(FopDirective.INITIATE, 0)
        told(fop)
        assert fop.send(b"a", 7 * MS, tag="a")
        assert fop.deadline_ns == (7 + T1_MS) * MS
        (frame,) = fop.drain_frames(0)
        assert (frame.type, frame.sequence, frame.data) == (FrameType.AD, 0, b"a")
        assert (frame.spacecraft_id, frame.channel) == (42, 5)
        fop.accept(clcw(1), 0)
        assert told(fop) == [Transfer("a", Response.ACCEPTED), Transfer("a", Response.CONFIRMED)]
        assert (fop.vs, fop.nnr, fop.deadline_ns, fop.unacknowledged) == (1, 1, None, 0)

    def test_window(self):
        """K frames are on their way, one waits, one more is rejected; an acknowledgement lets the waiting one go."""
        fop = new(window=2)
        fop.directive(FopDirective.INITIATE, 0)
        told(fop)
        assert [fop.send(b"x", 0, tag=number) for number in range(2)] == [True, True]
        assert numbers(fop.drain_frames(0)) == [0, 1]
        assert fop.ready
        assert fop.send(b"x", 0, tag=2)
        assert not fop.ready
        assert not fop.send(b"x", 0, tag=3)
        assert fop.drain_frames(0) == []
        assert told(fop)[-1] == Transfer(3, Response.REJECTED)
        assert fop.unacknowledged == 3
        fop.accept(clcw(1), 0)
        assert numbers(fop.drain_frames(0)) == [2]

    def test_one_frame_is_asked_for_at_a_time(self):
        """Until the layer below takes the first, the second waits (AD_Out_Flag)."""
        fop = new()
        fop.directive(FopDirective.INITIATE, 0)
        assert fop.send(b"x", 0)
        assert fop.send(b"y", 0)
        assert not fop.send(b"z", 0)
        assert numbers(fop.drain_frames(0)) == [0, 1]

    def test_rejected_while_not_active(self):
        for state in (FopState.INITIALISING, FopState.INITIALISING_BC, FopState.INITIAL):
            fop = fop_in(state)
            assert not fop.send(b"x", 0, tag="t")
            assert told(fop) == [Transfer("t", Response.REJECTED)]

    def test_expedited(self):
        fop = fop_in(FopState.INITIAL)
        assert fop.send_expedited(b"a", 0, tag="a")
        assert not fop.send_expedited(b"b", 0, tag="b")
        (frame,) = fop.drain_frames(0)
        assert (frame.type, frame.sequence, frame.data) == (FrameType.BD, 0, b"a")
        assert told(fop) == [Transfer("a", Response.ACCEPTED), Transfer("b", Response.REJECTED)]
        assert fop.send_expedited(b"b", 0)

    def test_purged_is_reported(self):
        """What was sent failed, what waited was never accepted."""
        fop = fop_in(FopState.ACTIVE, window=2)
        fop.send(b"x", 0, tag="waiting")
        fop.accept(clcw(0, lockout=True), 0)
        assert told(fop) == [
            Transfer(1, Response.FAILED),
            Transfer(2, Response.FAILED),
            Transfer("waiting", Response.REJECTED),
            FopAlert(AlertCode.LOCKOUT),
        ]

    @pytest.mark.parametrize("size", [0, 58])
    def test_data_must_fit(self, size):
        with pytest.raises(ValueError, match=r"1\.\.57"):
            new().send(bytes(size), 0)
        assert new().send_expedited(bytes(57), 0)


class TestRetransmission:
    def test_all_from_the_oldest(self):
        fop = fop_in(FopState.ACTIVE)
        fop.accept(clcw(NNR, **R), 5 * MS)
        assert fop.deadline_ns == (5 + T1_MS) * MS
        assert numbers(fop.drain_frames(0)) == [1, 2]

    def test_the_rest_after_some_came_through(self):
        fop = fop_in(FopState.ACTIVE)
        fop.accept(clcw(2, **R), 0)
        assert numbers(fop.drain_frames(0)) == [2]
        assert told(fop) == [Transfer(1, Response.CONFIRMED)]

    def test_s2_does_not_repeat_itself(self):
        """E10 in S2: the FARM has not seen the repetition yet."""
        fop = fop_in(FopState.RETRANSMIT)
        fop.accept(clcw(NNR, **R), 0)
        assert fop.drain_frames(0) == []

    def test_wait(self):
        """In S3 nothing goes out until the FARM no longer waits."""
        fop = fop_in(FopState.ACTIVE)
        fop.accept(clcw(NNR, **RW), 0)
        assert fop.send(b"x", 0)
        expire(fop)
        assert fop.drain_frames(0) == []
        fop.accept(clcw(NNR, **R), 0)
        assert numbers(fop.drain_frames(0)) == [1, 2, 3]

    def test_timer(self):
        fop = fop_in(FopState.ACTIVE)
        fop.step(fop.deadline_ns - 1)
        assert fop.drain_frames(0) == []
        fop.step(fop.deadline_ns)
        assert numbers(fop.drain_frames(0)) == [1, 2]

    def test_limit_counts_transmissions_of_the_oldest(self):
        fop = fop_in(FopState.ACTIVE, transmission_limit=2)
        expire(fop)
        fop.accept(clcw(2), 0)
        expire(fop)
        assert fop.state is FopState.ACTIVE
        expire(fop)
        assert alerts(fop) == [AlertCode.T1]

    def test_a_new_frame_does_not_count_the_oldest_anew(self):
        fop = fop_in(FopState.ACTIVE, transmission_limit=2, count=2)
        fop.send(b"x", 0)
        fop.drain_frames(0)
        expire(fop)
        assert alerts(fop) == [AlertCode.T1]

    def test_at_the_limit_a_report_repeats_nothing(self):
        fop = fop_in(FopState.ACTIVE, **LAST)
        fop.accept(clcw(NNR, **R), 0)
        assert fop.drain_frames(0) == []

    def test_what_the_last_report_acknowledges_is_confirmed(self):
        fop = fop_in(FopState.ACTIVE, **LIMIT1)
        fop.accept(clcw(2, **R), 0)
        first, second = (notice for notice in told(fop) if isinstance(notice, Transfer))
        assert (first, second) == (Transfer(1, Response.CONFIRMED), Transfer(2, Response.FAILED))

    def test_while_the_farm_waits_the_timer_rests(self):
        fop = fop_in(FopState.RETRANSMIT_WAIT)
        expire(fop)
        assert fop.deadline_ns is None
        fop.step(1 << 60)
        assert fop.state is FopState.RETRANSMIT_WAIT

    def test_the_end_takes_back_what_was_asked_for(self):
        fop = fop_in(FopState.ACTIVE)
        fop.send(b"x", 0)
        fop.directive(FopDirective.TERMINATE, 0)
        assert fop.drain_frames(0) == []

    def test_untaken_frame_is_not_sent_twice(self):
        fop = fop_in(FopState.ACTIVE)
        fop.send(b"x", 0)
        expire(fop)
        assert numbers(fop.drain_frames(0)) == [1, 2, 3]


class TestInitiate:
    def test_unlock(self):
        fop = new()
        assert fop.directive(FopDirective.INITIATE_UNLOCK, 0)
        (frame,) = fop.drain_frames(0)
        assert (frame.type, frame.sequence, frame.data) == (FrameType.BC, 0, UNLOCK)
        fop.accept(clcw(0, lockout=True), 0)
        fop.accept(clcw(0), 0)
        accepted, confirmed = told(fop)
        assert accepted == FopAnswer(FopDirective.INITIATE_UNLOCK, Response.ACCEPTED)
        assert confirmed == FopAnswer(FopDirective.INITIATE_UNLOCK, Response.CONFIRMED)
        assert (fop.state, fop.deadline_ns, fop.unacknowledged) == (FopState.ACTIVE, None, 0)

    def test_set_vr(self):
        fop = new()
        assert fop.directive(FopDirective.INITIATE_SET_VR, 0, 9)
        assert [frame.data for frame in fop.drain_frames(0)] == [set_vr(9)]
        fop.accept(clcw(9), 0)
        fop.send(b"x", 0)
        assert numbers(fop.drain_frames(0)) == [9]

    def test_control_frame_is_sent_again(self):
        fop = new()
        fop.directive(FopDirective.INITIATE_UNLOCK, 0)
        first = fop.drain_frames(0)
        fop.step(T1_MS * MS)
        assert fop.deadline_ns == 2 * T1_MS * MS
        assert fop.drain_frames(0) == first
        assert fop.drain_frames(0) == []

    def test_control_frame_is_sent_as_often_as_allowed(self):
        fop = new(transmission_limit=3)
        fop.directive(FopDirective.INITIATE_UNLOCK, 0)
        sent = len(fop.drain_frames(0))
        while fop.state is FopState.INITIALISING_BC:
            expire(fop)
            sent += len(fop.drain_frames(0))
        assert sent == 3

    def test_control_frame_obeyed_is_not_sent_again(self):
        fop = fop_in(FopState.INITIALISING_BC)
        expire(fop)
        fop.accept(clcw(VS), 0)
        assert fop.drain_frames(0) == []

    def test_control_frame_still_untaken_is_sent_once(self):
        fop = new()
        fop.directive(FopDirective.INITIATE_UNLOCK, 0)
        expire(fop)
        assert len(fop.drain_frames(0)) == 1

    def test_clcw_check(self):
        fop = new()
        assert fop.directive(FopDirective.INITIATE_CLCW_CHECK, 0)
        assert fop.deadline_ns == T1_MS * MS
        fop.accept(clcw(0), 0)
        assert told(fop)[-1] == FopAnswer(FopDirective.INITIATE_CLCW_CHECK, Response.CONFIRMED)

    def test_failure_is_reported(self):
        fop = new()
        fop.directive(FopDirective.INITIATE_CLCW_CHECK, 0)
        fop.accept(clcw(1), 0)
        assert told(fop)[1:] == [FopAnswer(FopDirective.INITIATE_CLCW_CHECK, Response.FAILED), FopAlert(AlertCode.NNR)]

    def test_only_one_control_frame_at_a_time(self):
        """E26, E28: the layer below has not taken the frame before."""
        for directive in (FopDirective.INITIATE_UNLOCK, FopDirective.INITIATE_SET_VR):
            fop = new()
            fop.directive(FopDirective.INITIATE_UNLOCK, 0)
            assert not fop.directive(directive, 0)
            assert told(fop)[-1] == FopAnswer(directive, Response.REJECTED)

    def test_refused_control_frame(self):
        """E44."""
        fop = new()
        fop.directive(FopDirective.INITIATE_UNLOCK, 0)
        fop.refuse_frames(0)
        assert alerts(fop) == [AlertCode.LLIF]

    def test_refused_together(self):
        fop = new()
        fop.send_expedited(b"x", 0)
        fop.directive(FopDirective.INITIATE_UNLOCK, 0)
        fop.refuse_frames(0)
        assert fop.drain_frames(0) == []


class TestSuspension:
    @pytest.mark.parametrize("state", [FopState.ACTIVE, FopState.RETRANSMIT, FopState.RETRANSMIT_WAIT])
    def test_resume_goes_on_where_it_stopped(self, state):
        """E31, E32, E33."""
        fop = fop_in(state, timeout_type=1, transmission_limit=1)
        expire(fop)
        assert told(fop) == [FopSuspended()]
        assert (fop.state, fop.unacknowledged) == (FopState.INITIAL, 2)
        assert fop.directive(FopDirective.RESUME, 5 * MS)
        assert (fop.state, fop.deadline_ns) == (state, (5 + T1_MS) * MS)
        assert not fop.directive(FopDirective.RESUME, 0)
        fop.accept(clcw(VS), 0)
        assert [n.response for n in told(fop) if isinstance(n, Transfer)] == [Response.CONFIRMED] * 2

    def test_while_initialising(self):
        """E34: the directive is confirmed once the FARM reports."""
        fop = fop_in(FopState.INITIALISING, timeout_type=1)
        expire(fop)
        fop.directive(FopDirective.RESUME, 0)
        fop.accept(clcw(VS), 0)
        assert told(fop)[-1] == FopAnswer(FopDirective.INITIATE_CLCW_CHECK, Response.CONFIRMED)

    def test_set_vs_waits_for_the_end_of_a_suspension(self):
        fop = fop_in(FopState.ACTIVE, **LIMIT1_SUSPEND)
        expire(fop)
        assert not fop.directive(FopDirective.SET_VS, 0, 9)

    def test_initiate_gives_up_what_was_suspended(self):
        fop = fop_in(FopState.INITIALISING, timeout_type=1)
        expire(fop)
        told(fop)
        fop.directive(FopDirective.INITIATE, 0)
        assert FopAnswer(FopDirective.INITIATE_CLCW_CHECK, Response.FAILED) in told(fop)
        assert not fop.directive(FopDirective.RESUME, 0)


class TestParameters:
    def test_no_time_is_set_at_first(self):
        assert new().deadline_ns is None

    def test_set_vs(self):
        fop = new()
        assert fop.directive(FopDirective.SET_VS, 0, 9)
        assert told(fop) == [
            FopAnswer(FopDirective.SET_VS, Response.ACCEPTED),
            FopAnswer(FopDirective.SET_VS, Response.CONFIRMED),
        ]
        assert (fop.vs, fop.nnr) == (9, 9)

    def test_set_window(self):
        fop = fop_in(FopState.ACTIVE, window=2)
        fop.send(b"x", 0)
        assert fop.drain_frames(0) == []
        fop.directive(FopDirective.SET_WINDOW, 0, 3)
        fop.accept(clcw(2), 0)
        fop.send(b"x", 0)
        assert numbers(fop.drain_frames(0)) == [3, 4]

    def test_set_t1(self):
        fop = new()
        fop.directive(FopDirective.SET_T1_MS, 0, 7)
        fop.directive(FopDirective.INITIATE_CLCW_CHECK, 0)
        assert fop.deadline_ns == 7 * MS

    def test_set_limit_and_timeout_type(self):
        fop = fop_in(FopState.ACTIVE)
        fop.directive(FopDirective.SET_TRANSMISSION_LIMIT, 0, 1)
        fop.directive(FopDirective.SET_TIMEOUT_TYPE, 0, 1)
        expire(fop)
        assert told(fop)[-1] == FopSuspended()

    @pytest.mark.parametrize(
        ("directive", "low", "high"),
        [
            (FopDirective.SET_WINDOW, 1, 4),
            (FopDirective.SET_T1_MS, 1, 1 << 32),
            (FopDirective.SET_TRANSMISSION_LIMIT, 1, 255),
            (FopDirective.SET_TIMEOUT_TYPE, 0, 1),
            (FopDirective.SET_VS, 0, 255),
            (FopDirective.INITIATE_SET_VR, 0, 255),
            (FopDirective.INITIATE, 0, 0),
        ],
    )
    def test_ranges(self, directive, low, high):
        assert new().directive(directive, 0, low)
        assert new().directive(directive, 0, high)
        for value in (low - 1, high + 1):
            fop = new()
            assert not fop.directive(directive, 0, value)
            assert told(fop) == [FopAnswer(directive, Response.REJECTED)]

    @pytest.mark.parametrize(
        "parameters", [{"window": 5}, {"window": 0}, {"t1_ms": 0}, {"transmission_limit": 256}, {"timeout_type": 2}]
    )
    def test_constructor_checks_them_too(self, parameters):
        (name, value), *_ = parameters.items()
        with pytest.raises(ValueError, match=f"set_{name} = {value}, expected"):
            Fop(MANAGED, **parameters)

    def test_defaults(self):
        fop = Fop(MANAGED)
        fop.directive(FopDirective.INITIATE, 0)
        for _ in range(5):
            fop.send(b"x", 0)
            fop.drain_frames(0)
        assert (fop.vs, fop.unacknowledged) == (4, 5)
        assert fop.deadline_ns == 3_000 * MS
        for _ in range(9):
            fop.step(fop.deadline_ns)
        assert fop.state is FopState.ACTIVE
        fop.step(fop.deadline_ns)
        assert fop.state is FopState.INITIAL

    def test_frames_without_crc_hold_two_octets_more(self):
        longest = bytes(64 - 5)
        assert not Fop(replace(MANAGED, tc_fecf=False)).send(longest, 0)
        with pytest.raises(ValueError, match=r"59 octets, frames hold 1\.\.57"):
            Fop(MANAGED).send(longest, 0)


def test_other_channels_reports_are_not_for_us():
    fop = fop_in(FopState.ACTIVE)
    fop.accept(Clcw(channel=4, report=99, lockout=True), 0)
    assert fop.state is FopState.ACTIVE


def test_numbers_wrap():
    fop = new(window=4)
    fop.directive(FopDirective.INITIATE, 0)
    for number in range(600):
        assert fop.send(b"x", 0, tag=number)
        assert numbers(fop.drain_frames(0)) == [number % 256]
        if number % 3 == 2:
            fop.accept(clcw((number + 1) % 256), 0)
    confirmed = [notice for notice in told(fop) if getattr(notice, "response", None) is Response.CONFIRMED]
    assert confirmed[1:] == [Transfer(number, Response.CONFIRMED) for number in range(600)]


def test_notices_are_bounded():
    fop = new()
    for _ in range(NOTICES_MAX + 5):
        fop.send(b"x", 0)
    assert fop.notices_dropped == 5
    assert len(told(fop)) == NOTICES_MAX


def test_s3_refusal_of_nothing_changes_nothing():
    fop = fop_in(FopState.RETRANSMIT_WAIT)
    fop.refuse_frames(0)
    assert fop.state is FopState.RETRANSMIT_WAIT
