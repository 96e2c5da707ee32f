"""Commands up through FOP-1 to a port that stalls, and what is reported of each."""

from contextlib import suppress
from dataclasses import replace
from itertools import pairwise

import pytest

from ground.errors import BusyError
from ground.station.uplink import FILE_PACKETS_MAX, QUEUE_MAX, UNVERIFIED_MAX, Delivered, Released, Undelivered, Uplink
from kernels.usage import UsageError
from link.coding.cltu import CltuReader
from link.cop1.farm import Farm, Verdict
from link.errors import DecodeError
from link.frames.tc import TcFrame
from link.pus.packets import RequestId, TcPacket
from tests.ground.example_dictionary import APID, MANAGED

SECOND = 1_000_000_000
ROUND_TRIP_MS = 1000


class Link:
    """An uplink, a port that takes `room` octets at a time, and a node.

    The node `speaks` of the requests that it has taken, beside its next CLCW.
    """

    def __init__(self):
        self.uplink, self.farm = Uplink(MANAGED, ROUND_TRIP_MS), Farm(MANAGED.farm_window, 0)
        self.room, self.now_ns, self.speaks = 4096, 0, True
        self.reader = CltuReader(randomised=MANAGED.cltu_randomise)
        self.executed, self.told, self.unsaid = [], [], []
        self.turn()

    def turn(self, seconds=0.1, *, report=True):
        """One step of everybody; then time passes."""
        if report:
            self.uplink.accept(self.farm.clcw(MANAGED.tc_channel), self.now_ns)
            while self.unsaid:
                self.uplink.verified(self.unsaid.pop(0), self.now_ns)
        self.uplink.step(self.now_ns)
        room = self.room
        while room and (octets := self.uplink.output[:room]):
            room -= len(octets)
            self.uplink.wrote(len(octets), 0, self.now_ns)
            self.receive(octets)
        self.told += self.uplink.drain_notices()
        self.now_ns += int(seconds * SECOND)

    def turns(self, seconds, **options):
        for _ in range(round(10 * seconds)):
            self.turn(**options)

    def receive(self, octets):
        for unit in self.reader.feed(octets):
            with suppress(DecodeError):
                self.take(TcFrame.decode(unit))

    def take(self, frame):
        if self.farm.accept(frame) is Verdict.ACCEPT and not frame.control:
            request = TcPacket.decode(frame.data).request
            self.executed.append(request.count)
            self.unsaid += [request] * self.speaks

    def send(self, *counts):
        for count in counts:
            packet = TcPacket(apid=APID, count=count, service=17, subtype=1)
            self.uplink.send(packet.encode(), packet.request)

    def fates(self, kind):
        return [notice.request.count for notice in self.told if isinstance(notice, kind)]


@pytest.fixture
def link():
    return Link()


def test_released_is_told_when_the_port_holds_nothing_of_it(link):
    link.send(1)
    link.uplink.step(link.now_ns)
    size = len(link.uplink.output)
    link.uplink.wrote(size, size, link.now_ns)
    assert link.uplink.drain_notices() == []
    link.uplink.wrote(0, 1, link.now_ns)
    assert link.uplink.drain_notices() == []
    link.uplink.wrote(0, 0, link.now_ns)
    assert link.uplink.drain_notices() == [Released(RequestId(APID, 1))]


def test_the_timer_begins_when_the_frame_has_left(link):
    link.send(1)
    link.uplink.step(link.now_ns)
    size = len(link.uplink.output)
    link.uplink.wrote(size, size, link.now_ns)
    late_ns = link.now_ns + 5 * SECOND  # five round trips
    link.uplink.step(late_ns)
    assert (link.uplink.output, link.uplink.state) == (b"", "active")
    link.uplink.wrote(0, 0, late_ns)
    assert link.uplink.deadline_ns == late_ns + SECOND
    link.uplink.step(late_ns + SECOND)
    assert len(link.uplink.output) == size


@pytest.mark.parametrize("room", [0, 5, 12])
def test_what_a_stalled_port_did_not_take_is_never_sent_after_it_failed(link, room):
    """Whether the stall begins before, or in the middle of, its unit; what comes after it is heard."""
    link.room = room
    link.send(1, 2, 3)
    link.turn()
    link.room = 0
    link.turns(9.8)
    assert link.told == []
    link.turns(1)
    assert [(notice.sent, notice.reason) for notice in link.told] == [
        (False, "the port takes nothing; it was not sent")
    ] * 3
    link.room = 4096
    link.turns(3)
    assert link.executed == []
    link.send(4)
    link.turns(1)
    assert link.executed == [4]


def test_a_unit_that_only_lacks_its_end_counts_as_sent_and_is_ended(link):
    link.send(1)
    link.uplink.step(link.now_ns)
    size = len(link.uplink.output)
    link.room = size - 3
    link.turn()
    link.uplink.close(link.now_ns, "the link was lost")
    link.room = 4096
    link.turn()
    assert link.executed == [1]
    assert Undelivered(RequestId(APID, 1), "the link was lost; it may have arrived all the same", True) in link.told


def test_a_stall_that_ends_in_time_harms_nothing(link):
    link.room = 5
    link.send(1, 2)
    link.turns(5)
    link.room = 4096
    link.turns(3)
    assert link.executed == [1, 2]
    assert link.fates(Delivered) == [1, 2]


def test_a_slow_port_is_not_a_stalled_one(link):
    """One octet a turn: some round trips for each unit."""
    link.room = 1
    link.send(1, 2)
    link.turns(20)
    assert link.executed == [1, 2]
    assert link.fates(Undelivered) == []


def test_a_command_whose_time_is_over_is_withdrawn_wherever_it_is(link):
    """In the queue, in FOP-1's wait queue, and in the outbox."""
    link.room = 0
    link.send(*range(1, 21))
    link.turns(1)
    for count in (20, 1):
        link.uplink.withdraw(RequestId(APID, count), link.now_ns)
    link.room = 4096
    link.turns(5)
    given_up = link.fates(Undelivered)
    assert 1 in given_up
    reasons = {notice.reason for notice in link.told if isinstance(notice, Undelivered)}
    assert reasons == {"given up together with an older command; it was not sent"}
    assert link.executed == [count for count in range(1, 20) if count not in given_up]


def test_no_more_is_released_than_the_node_speaks_of(link):
    link.speaks = False
    link.send(*range(20))
    link.turns(3)
    assert link.executed == list(range(UNVERIFIED_MAX))
    link.uplink.verified(RequestId(APID, 2), link.now_ns)  # with those before it
    link.turns(3)
    assert link.executed == list(range(UNVERIFIED_MAX + 3))
    link.turns(40)  # and the node's silence does not stop the link
    assert link.executed == list(range(20))


@pytest.mark.parametrize("flags", [["retransmit"], ["lockout"], ["wait"], ["retransmit", "wait"]])
def test_a_flag_that_stands_while_nothing_is_sent_is_cleared_once(link, flags):
    link.turns(1)
    for flag in flags:
        setattr(link.farm, flag, True)
    if link.farm.lockout:
        link.farm.state = type(link.farm.state).LOCKOUT
    frames = link.uplink.frames
    link.turns(3)
    assert link.uplink.state == "active"
    assert link.uplink.frames == frames + 1
    link.turns(20)
    assert link.uplink.frames == frames + 1
    link.send(1)
    link.turns(1)
    assert link.executed == [1]


def test_a_node_that_restarts_locked_gets_nothing_twice(link):
    link.send(1)
    link.turns(0.2, report=False)
    assert link.executed == [1]
    link.farm = Farm(MANAGED.farm_window)  # before its CLCW reported it
    link.turns(5)
    assert link.executed == [1]
    assert link.told[-1] == Undelivered(
        RequestId(APID, 1), "the FARM is in lockout; it may have arrived all the same", True
    )
    link.send(2)
    link.turns(1)
    assert link.executed == [1, 2]


@pytest.mark.parametrize("turns_before", [0, 1, 2, 3])
def test_after_a_lockout_an_old_frame_takes_no_new_ones_place(link, turns_before):
    """It comes after Unlock, which leaves V(R) as it was, and has the number that the FARM expects."""
    under_way = []
    link.take = under_way.append
    link.send(1)
    link.turn()
    (old,) = under_way
    del link.take
    link.farm = Farm(MANAGED.farm_window)
    assert link.farm.vr == old.sequence
    while link.farm.lockout:
        link.turn()
    link.send(2)
    link.turns(turns_before / 10)
    link.take(old)
    link.turns(15)
    assert link.executed[-1:] == link.fates(Delivered)[-1:] == [2]


def test_a_node_that_has_spoken_of_a_request_and_forgotten_its_number_gets_it_once(link):
    """It restarts with V(R) = 0, open, as if nothing had come."""
    link.send(1)
    link.turns(0.2)
    link.send(2)
    link.turn(report=False)
    link.farm = Farm(MANAGED.farm_window, 1)  # as before the second
    link.turns(60)
    assert link.executed == [1, 2]
    link.send(3)
    link.turns(2)
    assert link.executed == [1, 2, 3]


def test_a_service_that_never_lasts_is_opened_ever_more_rarely(link):
    opened = []
    link.farm.accept = lambda frame: Verdict.DISCARD
    for _ in range(600):  # a minute
        link.farm.retransmit = True
        before = link.uplink.state
        link.turn()
        if before == "initial" and link.uplink.state != "initial":
            opened.append(link.now_ns)
    assert 2 <= len(opened) <= 8


def test_a_service_that_ends_at_once_is_opened_with_growing_patience(link):
    """A node whose FARM locks itself whenever it was unlocked."""
    opened = []
    for _ in range(300):
        before = link.uplink.state
        link.farm.begin(0, is_locked=True)
        link.turn()
        if before == "initial" and link.uplink.state != "initial":
            opened.append(link.now_ns)
    gaps = [after - before for before, after in pairwise(opened)]
    assert gaps == sorted(gaps)
    assert gaps[-1] >= gaps[0] + 2 * SECOND


def test_file_packets_that_find_no_room_are_counted(link):
    link.room = 0
    for _ in range(FILE_PACKETS_MAX + 7):
        link.uplink.send_beside(b"file data")
    assert link.uplink.file_packets_dropped == 7
    link.turns(11)
    assert link.uplink.file_packets_dropped == FILE_PACKETS_MAX + 7 - 1  # one was FOP-1's already


def test_a_port_that_never_rests_is_not_a_stalled_one(link):
    """Much longer without a pause than a port may take nothing."""
    link.room = 1
    link.send(*range(6))
    link.turns(60)
    assert link.executed == list(range(6))
    assert link.fates(Undelivered) == []


def test_the_port_is_to_forget_only_what_it_had_taken(link):
    link.room = 0
    link.send(1)
    link.turn()
    link.uplink.close(link.now_ns, "the link was lost")
    assert not link.uplink.pop_withdrawal()
    link.room = 4096
    link.turns(2)
    link.send(2)
    link.turn(report=False)
    link.uplink.close(link.now_ns, "the link was lost")
    assert [link.uplink.pop_withdrawal() for _ in range(2)] == [True, False]


def test_what_was_delivered_under_a_number_says_nothing_of_its_next_use(link):
    link.send(1)
    link.turns(2)
    link.room = 0
    link.send(1)
    link.turn()
    link.uplink.close(link.now_ns, "the link was lost")
    assert link.uplink.drain_notices() == [Undelivered(RequestId(APID, 1), "the link was lost; it was not sent", False)]


def test_after_a_loss_nothing_is_waited_for_that_was_given_up(link):
    link.speaks = False
    link.send(*range(UNVERIFIED_MAX))
    link.turns(2)
    link.uplink.close(link.now_ns, "the link was lost")
    link.send(20)
    link.turns(2)
    assert link.executed[-1] == 20


def test_a_report_on_another_channel_is_not_for_us():
    uplink = Uplink(MANAGED, ROUND_TRIP_MS)
    for channel, state in ((MANAGED.tc_channel + 1, "initial"), (MANAGED.tc_channel, "active")):
        uplink.accept(Farm(MANAGED.farm_window, 0).clcw(channel), 0)
        uplink.step(0)
        assert uplink.state == state


def test_a_frame_that_is_never_acknowledged_is_sent_ten_times(link):
    link.send(1)
    link.farm.accept = lambda frame: Verdict.DISCARD
    before, sent = link.uplink.frames, []
    while not link.fates(Undelivered):
        link.turn()
        sent.append((link.uplink.frames - before, link.now_ns))
    assert sent[-1][0] == 10
    assert link.told[-1] == Undelivered(
        RequestId(APID, 1), "no answer, though sent as often as allowed; it may have arrived all the same", True
    )
    assert link.fates(Released) == [1] * 10


def test_octets_and_frames_are_counted_as_the_port_takes_them(link):
    octets, frames = link.uplink.octets, link.uplink.frames
    link.send(1)
    link.uplink.step(link.now_ns)
    size = len(link.uplink.output)
    link.uplink.wrote(size - 1, 0, link.now_ns)
    assert (link.uplink.octets - octets, link.uplink.frames - frames) == (size - 1, 0)
    link.uplink.wrote(1, 0, link.now_ns)
    assert (link.uplink.octets - octets, link.uplink.frames - frames) == (size, 1)


def test_a_hundred_commands_wait_and_no_more(link):
    link.room = 0
    link.send(*range(QUEUE_MAX))
    with pytest.raises(BusyError, match=f"^{QUEUE_MAX} commands wait for the link already$"):
        link.send(QUEUE_MAX)


def test_a_packet_may_fill_a_frame_and_no_more():
    for fecf, octets_max in ((True, 256 - 5 - 2), (False, 256 - 5)):
        uplink = Uplink(replace(MANAGED, tc_fecf=fecf), ROUND_TRIP_MS)
        assert uplink.packet_octets_max == octets_max
        uplink.send(bytes(octets_max), RequestId(APID, 1))
        with pytest.raises(ValueError, match=f"the command takes {octets_max + 1} octets, a frame holds {octets_max}"):
            uplink.send(bytes(octets_max + 1), RequestId(APID, 1))


def test_a_node_without_clcws_gets_no_commands():
    uplink = Uplink(replace(MANAGED, ocf=False), ROUND_TRIP_MS)
    with pytest.raises(UsageError, match=r"ocf = false"):
        uplink.send(b"packet", RequestId(APID, 1))


def test_it_wakes_for_what_is_due_first(link):
    uplink = Uplink(MANAGED, ROUND_TRIP_MS)
    assert (uplink.deadline_ns, uplink.state, uplink.busy, uplink.notices_dropped) == (None, "initial", False, 0)
    uplink.accept(link.farm.clcw(MANAGED.tc_channel), 0)
    assert uplink.deadline_ns == 0  # to open the service
    uplink.step(0)
    assert (uplink.deadline_ns, uplink.state) == (None, "active")
    assert link.uplink.deadline_ns is None
    link.send(1)
    link.room, now_ns = 0, link.now_ns
    link.turn()
    assert link.uplink.busy
    assert link.uplink.deadline_ns == now_ns + 10 * SECOND  # a port that takes nothing
    link.room = 4096
    link.turn(report=False)
    assert link.uplink.deadline_ns == link.now_ns - SECOND // 10 + SECOND  # the timer
    link.turns(1)
    assert link.uplink.deadline_ns is None


def test_with_commands_waiting_it_wakes_when_the_node_was_silent_for_long_enough(link):
    link.speaks = False
    link.send(*range(UNVERIFIED_MAX + 1))
    link.turns(3)
    delivered_ns = list(link.uplink._unverified.values())
    assert len(delivered_ns) == UNVERIFIED_MAX
    assert link.uplink.deadline_ns == min(delivered_ns)
    link.now_ns = link.uplink.deadline_ns - 1
    link.turn(seconds=0)
    assert link.executed[-1] == UNVERIFIED_MAX - 1
    link.now_ns += 1
    link.turn(seconds=0)
    assert link.executed[-1] == UNVERIFIED_MAX


def test_a_port_may_stall_for_as_long_as_a_frame_would_be_repeated(link):
    link.room = 0
    link.send(1)
    begun_ns = link.now_ns
    link.turn(seconds=0)
    for now_ns, told in ((begun_ns + 10 * SECOND - 1, []), (begun_ns + 10 * SECOND, [1])):
        link.now_ns = now_ns
        link.turn(seconds=0)
        assert link.fates(Undelivered) == told


def test_octets_that_leave_a_buffer_are_signs_of_life_too(link):
    """A port that took everything at once and sends it slowly."""
    link.send(1)
    link.uplink.step(link.now_ns)
    size = len(link.uplink.output)
    for second in range(30):
        link.uplink.wrote(size if not second else 0, size - second, link.now_ns + second * SECOND)
        link.uplink.step(link.now_ns + second * SECOND)
    assert link.uplink.busy
    assert link.uplink.drain_notices() == []


def test_file_packets_go_one_by_one_beside_commands_and_in_order(link):
    frames = []
    take, link.take = link.take, lambda frame: frames.append(frame) or (None if frame.bypass else take(frame))
    link.send(1, 2)
    for number in range(5):
        link.uplink.send_beside(b"file data %d" % number)
    link.turns(2)
    assert [frame.data for frame in frames if frame.bypass] == [b"file data %d" % number for number in range(5)]
    assert link.executed == [1, 2]
    assert link.uplink.file_packets_dropped == 0
    assert all(isinstance(notice.request, RequestId) for notice in link.told)


def test_of_too_many_file_packets_the_oldest_go(link):
    link.room = 0
    for number in range(FILE_PACKETS_MAX + 1):
        link.uplink.send_beside(b"%d" % number)
    assert link.uplink.file_packets_dropped == 1
    assert (link.uplink._file_packets[0], len(link.uplink._file_packets)) == (b"1", FILE_PACKETS_MAX)


def test_all_that_waits_is_given_up_with_the_link_and_told_why(link):
    link.send(1)
    link.turn(report=False)
    link.room = 0
    link.send(2, 3, 4)
    link.uplink.send_beside(b"file data")
    link.uplink.send_beside(b"file data")
    link.turn(report=False)
    link.told.clear()
    link.uplink.close(link.now_ns, "so it is")
    assert link.uplink.drain_notices() == [
        Undelivered(RequestId(APID, 1), "so it is; it may have arrived all the same", True),
        *(Undelivered(RequestId(APID, count), "so it is; it was not sent", False) for count in (2, 3, 4)),
    ]
    assert link.uplink.file_packets_dropped == 1  # the other one was FOP-1's
    link.room = 4096
    link.executed.clear()
    link.turns(3)
    assert (link.executed, link.told) == ([], [])


def test_a_node_that_began_anew_ends_what_was_on_its_way(link):
    link.send(1)
    link.turn(report=False)
    link.uplink.verified(RequestId(APID, 1), link.now_ns)  # before any CLCW acknowledges it
    assert link.uplink.drain_notices() == [
        Undelivered(RequestId(APID, 1), "the node's receiver began anew; it may have arrived all the same", True)
    ]


def test_after_one_failure_the_service_is_opened_a_round_trip_later(link):
    """And after one that has lasted, as if it was the first."""
    for _ in range(3):
        link.farm.begin(link.farm.vr, is_locked=True)
        ended_ns = link.now_ns
        link.turn()
        assert link.uplink.state == "initial"
        assert link.uplink.deadline_ns == ended_ns + SECOND
        link.turns(2)
        assert link.uplink.state == "active"
        link.turns(11)


def test_a_service_that_delivers_something_counts_as_one_that_lasts(link):
    gaps = []
    for count in range(6):
        link.farm.begin(link.farm.vr, is_locked=True)
        ended_ns = link.now_ns
        link.turn()
        gaps.append(link.uplink.deadline_ns - ended_ns)
        link.now_ns = link.uplink.deadline_ns
        link.turns(0.3)
        link.send(count)
        link.turns(0.5)
        assert link.executed[-1] == count
    assert gaps == [SECOND] * 6


def test_patience_grows_to_four_round_trips(link):
    gaps = []
    for _ in range(6):
        link.farm.begin(0, is_locked=True)
        ended_ns = link.now_ns
        link.turn(seconds=0)
        gaps.append(link.uplink.deadline_ns - ended_ns)
        link.now_ns = link.uplink.deadline_ns
        link.turns(0.2)
        assert link.uplink.state == "active"
    assert gaps == [SECOND, 2 * SECOND, 4 * SECOND, 4 * SECOND, 4 * SECOND, 4 * SECOND]


def test_a_service_that_lasted_leaves_no_impatience(link):
    link.turns(11)
    gaps = []
    for _ in range(4):
        link.farm.begin(0, is_locked=True)
        ended_ns = link.now_ns
        link.turn(seconds=0)
        gaps.append(link.uplink.deadline_ns - ended_ns)
        link.now_ns = link.uplink.deadline_ns
        link.turns(0.2)
    assert gaps == [SECOND, SECOND, 2 * SECOND, 4 * SECOND]


def test_after_a_loss_the_service_is_opened_a_round_trip_later(link):
    link.uplink.close(link.now_ns, "the link was lost")
    assert link.uplink.deadline_ns is None  # until the node is heard
    lost_ns = link.now_ns
    link.turn()
    assert (link.uplink.state, link.uplink.deadline_ns) == ("initial", lost_ns + SECOND)
    link.now_ns = lost_ns + SECOND - 1
    link.turn(seconds=0)
    assert link.uplink.state == "initial"
    link.now_ns += 1
    link.turn(seconds=0)
    assert link.uplink.state == "active"


def test_a_command_whose_time_is_over_makes_room_for_another(link):
    """The node has taken it, and will not speak of it any more."""
    link.speaks = False
    link.send(*range(UNVERIFIED_MAX + 1))
    link.turns(2)
    link.uplink.withdraw(RequestId(APID, 3), link.now_ns)
    link.turn()
    assert link.executed == list(range(UNVERIFIED_MAX + 1))
