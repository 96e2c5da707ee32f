"""Service 11: what is due is released once, in order, if its sub-schedule is enabled; a model says the same."""

import msgspec
import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from fsw.pus.scheduling import Due, Schedule, ScheduleTable
from link.pus.packets import TcPacket
from link.pus.services.scheduling import (
    ActivitiesReport,
    DeleteActivities,
    DisableSchedule,
    DisableSubSchedules,
    EnableSchedule,
    EnableSubSchedules,
    InsertActivities,
    ReportActivities,
    ReportAll,
    ReportSubSchedules,
    RequestReference,
    ResetSchedule,
    ShiftActivities,
    ShiftAll,
    SubScheduleReport,
    SummariseActivities,
    SummariseAll,
    insert_of,
)
from link.pus.services.verification import RefusedError
from tests.examples import examples

START_NS, S = 1_700_000_000 * 10**9, 10**9


def packet(count):
    return TcPacket(apid=5, count=count, service=17, subtype=1, source=3)


def reference(count):
    return RequestReference(source=3, apid=5, count=count)


def done(schedule, request, now_ns=START_NS):
    return list(schedule.handle(type(request).decode(request.encode()), now_ns))


class Life(RuleBasedStateMachine):
    """Random requests and the passing of time, beside the simplest model: a list of (release, sub, count)."""

    def __init__(self):
        super().__init__()
        self.schedule, self.now, self.count = Schedule(), START_NS, 0
        self.waiting, self.off, self.on = [], set(), False

    @rule(sub=st.integers(1, 3), delay=st.integers(0, 30))
    def insert(self, sub, delay):
        request = insert_of(sub, [(self.now + delay * S, packet(self.count).encode())])
        if delay < 1:
            with pytest.raises(RefusedError, match="less than 1000 ms from now"):
                done(self.schedule, request, self.now)
            return
        done(self.schedule, request, self.now)
        self.waiting.append((self.now + delay * S, sub, self.count))
        self.count += 1

    @rule(on=st.booleans())
    def switch(self, on):
        done(self.schedule, EnableSchedule() if on else DisableSchedule(), self.now)
        self.on = on

    @rule(sub=st.integers(1, 3), on=st.booleans())
    def switch_one(self, sub, on):
        form = EnableSubSchedules if on else DisableSubSchedules
        if sub not in {one[1] for one in self.waiting}:
            with pytest.raises(RefusedError, match=f"no sub-schedule {sub}"):
                done(self.schedule, form(sub_schedules=[sub]), self.now)
            return
        done(self.schedule, form(sub_schedules=[sub]), self.now)
        self.off = self.off - {sub} if on else self.off | {sub}

    @precondition(lambda self: self.waiting)
    @rule(data=st.data())
    def delete(self, data):
        one = data.draw(st.sampled_from(self.waiting))
        done(self.schedule, DeleteActivities(requests=[reference(one[2])]), self.now)
        self.waiting.remove(one)

    @rule(offset_s=st.integers(-5, 5))
    def shift(self, offset_s):
        early = any(release + offset_s * S < self.now + S for release, _, _ in self.waiting)
        if early:
            with pytest.raises(RefusedError):
                done(self.schedule, ShiftAll(offset_ms=1000 * offset_s), self.now)
            return
        done(self.schedule, ShiftAll(offset_ms=1000 * offset_s), self.now)
        self.waiting = [(release + offset_s * S, sub, count) for release, sub, count in self.waiting]

    @rule(seconds=st.integers(0, 10))
    def wait(self, seconds):
        self.now += seconds * S
        ready = sorted((one for one in self.waiting if one[0] <= self.now), key=lambda one: one[0])
        expected = [packet(count).encode() for _, sub, count in ready if self.on and sub not in self.off]
        assert self.schedule.drain(self.now) == Due(expected, [])
        self.schedule = self.reborn()
        assert self.schedule.releasing == expected
        self.schedule.settle()
        self.waiting = [one for one in self.waiting if one[0] > self.now]

    def reborn(self):
        """The schedule after a restart."""
        after = Schedule()
        octets = msgspec.msgpack.encode(self.schedule.state)
        assert len(octets) <= Schedule.STATE_OCTETS_MAX
        assert after.restore(msgspec.msgpack.decode(octets, type=ScheduleTable)) == 0
        return after

    @invariant()
    def same_summary(self):
        self.off &= {sub for _, sub, _ in self.waiting}
        (report,) = done(self.schedule, SummariseAll(), self.now)
        found = [(one.release, one.sub_schedule, one.request.count) for one in report.summaries]
        assert sorted(found) == sorted(self.waiting)
        assert [one[0] for one in found] == sorted(one[0] for one in found)
        assert self.schedule.deadline_ns == min((one[0] for one in self.waiting), default=None)


TestLife = Life.TestCase
TestLife.settings = examples(25, stateful_step_count=20)


def test_full_reports_hold_the_packets():
    schedule = Schedule()
    done(schedule, insert_of(2, [(START_NS + 9 * S, packet(1).encode()), (START_NS + 5 * S, packet(2).encode())]))
    (everything,) = done(schedule, ReportAll())
    assert isinstance(everything, ActivitiesReport)
    assert everything.count == 2
    assert everything.activities.index(packet(2).encode()) < everything.activities.index(packet(1).encode())
    (one,) = done(schedule, ReportActivities(requests=[reference(1)]))
    assert one.activities.endswith(packet(1).encode())
    (summary,) = done(schedule, SummariseActivities(requests=[reference(2)]))
    assert [entry.release for entry in summary.summaries] == [START_NS + 5 * S]
    (status,) = done(schedule, ReportSubSchedules())
    assert isinstance(status, SubScheduleReport)
    assert [(entry.sub_schedule, entry.enabled) for entry in status.sub_schedules] == [(2, True)]


@pytest.mark.requirement("FSW-PUS-011")
def test_named_requests_are_shifted():
    schedule = Schedule()
    done(schedule, insert_of(2, [(START_NS + 9 * S, packet(1).encode())]))
    done(schedule, ShiftActivities(offset_ms=1500, requests=[reference(1)]))
    assert schedule.deadline_ns == START_NS + 10 * S + S // 2
    with pytest.raises(RefusedError, match="request 5/7 of source 3 is not scheduled"):
        done(schedule, ShiftActivities(offset_ms=1, requests=[reference(7)]))


def test_reset_forgets_everything():
    schedule = Schedule()
    done(schedule, EnableSchedule())
    done(schedule, insert_of(2, [(START_NS + 9 * S, packet(1).encode())]))
    done(schedule, ResetSchedule())
    assert (schedule.enabled, schedule.deadline_ns, schedule.drain(START_NS + 99 * S)) == (False, None, Due([], []))


@pytest.mark.requirement("FSW-PUS-010")
def test_what_could_not_be_released_in_time_is_late():
    schedule = Schedule()
    done(schedule, EnableSchedule())
    times = [START_NS + 2 * S, START_NS + 3 * S - 1, START_NS + 3 * S, START_NS + 13 * S]
    done(schedule, insert_of(2, [(at, packet(count).encode()) for count, at in enumerate(times)]))
    first, second, third, fourth = (packet(count).encode() for count in range(4))
    assert schedule.drain(START_NS + 13 * S) == Due([third, fourth], [first, second])
    assert schedule.state.releasing == (first, second, third, fourth)


@pytest.mark.parametrize("change", [DisableSchedule(), DisableSubSchedules(sub_schedules=[2])])
def test_a_request_that_changes_the_schedule_holds_for_what_is_due_after_it(change):
    """Also where a loop that was late finds all of them due at once."""
    schedule = Schedule()
    octets = TcPacket(apid=5, count=9, service=11, subtype=change.__subtype__, data=change.encode()).encode()
    before, after = packet(1).encode(), packet(2).encode()
    done(schedule, EnableSchedule())
    done(schedule, insert_of(1, [(START_NS + 3 * S, octets), (START_NS + 2 * S, before)]))
    done(schedule, insert_of(2, [(START_NS + 4 * S, after)]))
    now_ns = START_NS + 5 * S
    assert schedule.drain(now_ns) == Due([before, octets], [])
    done(schedule, change, now_ns)
    assert schedule.deadline_ns == START_NS + 4 * S
    assert schedule.drain(now_ns) == Due([], [])
    assert schedule.is_empty


def test_requests_of_too_many_octets_are_refused(monkeypatch):
    monkeypatch.setattr(Schedule, "OCTETS_MAX", 25)
    schedule = Schedule()
    octets = packet(1).encode()
    done(schedule, insert_of(2, [(START_NS + 9 * S, octets)]))
    with pytest.raises(RefusedError, match=f"{len(octets)} octets of requests wait, this one does not fit"):
        done(schedule, insert_of(2, [(START_NS + 10 * S, octets)]))


def test_what_cannot_be_read_or_does_not_fit_is_refused():
    schedule = Schedule(capacity=1)
    whole = insert_of(2, [(START_NS + 9 * S, packet(1).encode())])
    for octets, sentence in [
        (whole.activities[:-1], "activity 1: .* octets needed"),
        (whole.activities[:-1] + b"x", "activity 1: checksum"),
        (whole.activities + b"x", "1 octets after the activities"),
    ]:
        with pytest.raises(RefusedError, match=sentence):
            done(schedule, InsertActivities(sub_schedule=2, count=1, activities=octets))
    done(schedule, whole)
    with pytest.raises(RefusedError, match="1 activities wait, no more fit"):
        done(schedule, insert_of(2, [(START_NS + 9 * S, packet(2).encode())]))


@pytest.mark.requirement("FSW-PUS-009")
def test_an_insertion_that_comes_again_inserts_nothing():
    """Each request has a number of its own: an equal one at the same time is the one that waits already."""
    schedule = Schedule()
    again = insert_of(1, [(START_NS + 60 * S, packet(7).encode())])
    for request in (again, again, insert_of(1, [(START_NS + 60 * S, packet(8).encode())])):
        done(schedule, request)
    assert [one.packet.count for one in schedule._activities] == [7, 8]
