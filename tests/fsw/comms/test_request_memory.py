"""No request is executed twice and none that was acknowledged is forgotten, whenever the power fails."""

import errno
from collections import Counter
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsw.comms.dispatch import Dispatcher, RequestRepeated
from fsw.comms.request_memory import NO_REQUEST, TAKEN_MAX, Taken
from fsw.executive.bus import Bus
from fsw.executive.executive import Executive
from hal.sim.clock import VirtualClock
from link.cop1.farm import Farm, FarmState, Verdict
from link.frames.tc import UNLOCK, TcFrame
from link.pus.packets import RequestId
from link.pus.services.test import Ping, Pong
from link.pus.services.verification import CompletionFailure, CompletionSuccess, ExecutionStage, FailureCode
from link.pus.source import TcSource
from tests.examples import examples
from tests.fsw.memories import request_memory_on
from tests.hal.recording_medium import RecordingMedium

APID, WINDOW = 65, 8
UNLOCKING = TcFrame(spacecraft_id=1, channel=0, sequence=0, data=UNLOCK, bypass=True, control=True)


class Killed(BaseException):
    """The power has failed."""


class Ship:
    """The node's side in the order of its loop: frames, memory, execution, memory, reports. `executed` is the world."""

    def __init__(self, executed, lethal=()):
        self.executed, self.lethal, self.is_dead = executed, set(lethal), False

    def boot(self, medium):
        self.farm, self.answers = Farm(WINDOW), []
        self.dispatcher = Dispatcher(
            Executive(VirtualClock(), Bus()),
            self.answers.append,
            {17: self.ping},
            request_memory_on(medium, self.farm),
        )

    def ping(self, request):
        self.executed[self.now] += 1
        if self.now in self.lethal:
            self.lethal.remove(self.now)
            self.is_dead = True  # the executive would catch an exception; a process that is gone catches nothing
        return [Pong()]

    def step(self, frames):
        """The reports and the CLCW that go down."""
        packets = [frame.data for frame in frames if self.farm.accept(frame) is Verdict.ACCEPT and not frame.control]
        self.dispatcher.expect(packets)
        for packet in packets:
            self.now = packet
            self.dispatcher.handle(packet)
            if self.is_dead:
                self.is_dead = False
                raise Killed
        self.dispatcher.report_completions()
        told, self.answers[:] = list(self.answers), []
        return told, self.farm.clcw(0)


class Sender:
    """The most stubborn ground: repeats whatever is not acknowledged, also after an alert, under a new number."""

    def __init__(self, count):
        source = TcSource(APID)
        self.packets = [source.packet(Ping()).encode() for _ in range(count)]
        self.acknowledged, self.first = 0, 0
        self.reports = []

    def frames(self):
        left = self.packets[self.acknowledged :][: WINDOW // 2]
        numbers = range(self.first, self.first + len(left))
        return [
            TcFrame(spacecraft_id=1, channel=0, sequence=number % 256, data=packet)
            for number, packet in zip(numbers, left, strict=True)
        ]

    def hear(self, told, clcw):
        self.reports += told
        ahead = (clcw.report - self.first) % 256
        if ahead <= len(self.packets) - self.acknowledged and ahead <= WINDOW:
            self.acknowledged += ahead
        self.first = clcw.report

    @property
    def is_done(self):
        return self.acknowledged == len(self.packets)


def fly(ship, sender, medium):
    """Until all is acknowledged, or the power fails."""
    ship.boot(medium)
    sender.hear(*ship.step([]))
    for _ in range(40):
        sender.hear(*ship.step([UNLOCKING] if ship.farm.lockout else sender.frames()))
        if sender.is_done:
            sender.hear(*ship.step([]))
            return
    raise AssertionError("the link stands still")


def fly_on(ship, sender, medium, lives=9):
    """Through as many lives as it takes."""
    for _ in range(lives):
        try:
            return fly(ship, sender, medium)
        except Killed:
            continue
    raise AssertionError("it dies for ever")


def check(ship, sender):
    assert set(ship.executed.values()) <= {1}
    ended = {report.request for report in sender.reports if isinstance(report, CompletionSuccess | CompletionFailure)}
    assert ended == {int.from_bytes(packet[:4]) for packet in sender.packets}
    for report in sender.reports:
        if isinstance(report, CompletionSuccess):
            packet = next(one for one in sender.packets if int.from_bytes(one[:4]) == report.request)
            assert ship.executed[packet] == 1


def lethal_at(call):
    """A medium on which the power fails after its `call`th call that matters."""

    def look(medium):
        if len(medium.calls) == call:
            raise Killed

    return RecordingMedium(on_call=look)


@pytest.mark.requirement("FSW-CMD-005")
def test_the_power_fails_at_every_call():
    calls, lives = 0, 0
    while True:
        calls += 1
        medium, executed, sender = lethal_at(calls), Counter(), Sender(6)
        try:
            fly(Ship(executed), sender, medium)
        except Killed:
            at_death = dict(executed), sender.acknowledged, list(sender.reports), sender.first
        else:
            break
        for left in medium.after_cut():
            lives += 1
            ship, again = Ship(Counter(at_death[0])), Sender(6)
            again.acknowledged, again.reports, again.first = at_death[1], list(at_death[2]), at_death[3]
            fly(ship, again, left)
            check(ship, again)
    assert calls > 15  # two batches, each written before and after
    assert lives > 100


@examples(60)
@given(
    deaths=st.lists(st.tuples(st.integers(1, 25), st.integers(0, 30)), max_size=5),
    lethal=st.sets(st.integers(0, 5)),
)
@pytest.mark.requirement("FSW-CMD-005")
def test_any_number_of_deaths(deaths, lethal):
    executed, sender, medium = Counter(), Sender(6), RecordingMedium()
    ship = Ship(executed, {sender.packets[number] for number in lethal})
    for call, choice in deaths:
        limit = len(medium.calls) + call
        medium.on_call = lambda one, limit=limit: die() if len(one.calls) >= limit else None
        try:
            fly(ship, sender, medium)
        except Killed:
            states = list(medium.after_cut())
            medium = states[choice % len(states)]
        medium.on_call = lambda _: None
    fly_on(ship, sender, medium)
    check(ship, sender)


def die():
    raise Killed


def test_a_command_that_kills_the_node_is_executed_once_and_reported():
    sender, executed = Sender(3), Counter()
    fly_on(Ship(executed, [sender.packets[1]]), sender, RecordingMedium())
    assert [executed[packet] for packet in sender.packets] == [1, 1, 0]  # the third came at the same time
    failed = [report for report in sender.reports if isinstance(report, CompletionFailure)]
    assert [report.request & 0x3FFF for report in failed] == [0, 1, 2]  # that the first had ended was not noted yet
    assert {report.code for report in failed} == {FailureCode.INTERRUPTED}


@pytest.mark.requirement("FSW-CMD-006")
def test_what_was_cut_short_is_told_at_each_start_until_there_was_time_to_tell_it():
    medium, sender = RecordingMedium(), Sender(1)
    ship = Ship(Counter(), [sender.packets[0]])
    fly_on(ship, sender, medium)
    first, reasons = sender.reports[-1].reason, []
    for _ in range(3):
        ship.boot(medium)
        (told,) = ship.step([])[0]
        assert ship.step([])[0] == []
        reasons.append(told.reason)
    assert reasons == [first] * 3
    ship.dispatcher.memory.mark_told(ship.dispatcher.memory.untold)
    ship.dispatcher.memory.expect([TcSource(APID, count=9).packet(Ping()).encode()])
    ship.boot(medium)
    assert [report.request & 0x3FFF for report in ship.step([])[0]] == [9]


def test_what_earlier_lives_left_is_told_some_at_a_time_and_new_requests_in_between():
    medium, source, ship = RecordingMedium(), TcSource(APID), Ship(Counter())
    ship.boot(medium)
    ship.dispatcher.memory.expect([source.packet(Ping()).encode() for _ in range(40)])
    ship.boot(medium)
    told = []
    while ship.dispatcher.behind:
        told.append(len(ship.step([])[0]))
    assert told == [16, 16, 8]
    assert ship.step([])[0] == []


def test_a_start_that_dies_before_it_could_tell_leaves_that_to_the_next():
    medium, sender = RecordingMedium(), Sender(1)
    ship = Ship(Counter(), [sender.packets[0]])
    ship.boot(medium)
    ship.step([UNLOCKING])
    with pytest.raises(Killed):
        ship.step(sender.frames())
    ship.boot(medium)
    assert [type(one) for one in ship.step([])[0]] == [CompletionFailure]
    ship.boot(medium)
    assert [type(one) for one in ship.step([])[0]] == [CompletionFailure]
    assert ship.step([])[0] == []


def one_of(ship, packet):
    """What the node reports about a packet that comes outside the sequence."""
    ship.dispatcher.handle(packet)
    ship.dispatcher.report_completions()
    told, ship.answers[:] = list(ship.answers), []
    return told


@pytest.mark.requirement("FSW-CMD-007")
def test_a_request_that_comes_again_is_answered_with_how_it_stands():
    medium, ship = RecordingMedium(), Ship(Counter())
    (packet,) = Sender(1).packets
    ship.now = packet
    for life in range(2):
        ship.boot(medium)
        ship.step([])  # reports what the ground may not have heard before the restart
        for time in range(2):
            told = [type(one).__name__ for one in one_of(ship, packet)]
            stages = ["AcceptanceSuccess", "StartSuccess", "CompletionSuccess"]
            if life == time == 0:
                assert told == [stages[0], "Pong", *stages[1:]]
            else:
                assert told == ["RequestRepeated", *stages]
    assert ship.executed == {packet: 1}
    assert ship.dispatcher.memory.repeated == 2


@pytest.mark.requirement("FSW-CMD-007")
def test_a_failure_that_comes_again_is_told_with_its_reason():
    medium, ship = RecordingMedium(), Ship(Counter())
    packet = TcSource(APID).packet(Ping())
    packet.subtype = 99
    told = []
    for _ in range(2):
        ship.boot(medium)
        ship.step([])
        told.append(one_of(ship, packet.encode()))
    (first,), (again, second) = told
    assert again == RequestRepeated(request=f"{APID}/0", standing="has failed (unknown_type)")
    assert first == second


def test_a_damaged_packet_is_refused_each_time_it_comes():
    ship, octets = Ship(Counter()), b"\x18\x41\xc0\x00\x00\x01ab"
    ship.boot(RecordingMedium())
    assert [type(one).__name__ for one in one_of(ship, octets) + one_of(ship, octets)] == ["AcceptanceFailure"] * 2


def test_another_request_under_the_same_number_is_executed():
    """As from a ground that counts anew: only octet for octet the same is the same."""
    ship, medium = Ship(Counter()), RecordingMedium()
    ship.boot(medium)
    for source in (TcSource(APID), TcSource(APID, source=7)):
        ship.now = source.packet(Ping()).encode()
        one_of(ship, ship.now)
    assert sorted(ship.executed.values()) == [1, 1]


def test_a_request_from_on_board_is_executed_as_often_as_it_is_released():
    ship, packet = Ship(Counter()), TcSource(APID).packet(Ping()).encode()
    ship.boot(RecordingMedium())
    ship.now = packet
    for _ in range(3):
        ship.dispatcher.release(packet)
    assert ship.executed[packet] == 3
    assert ship.dispatcher.memory.last_count == NO_REQUEST


def test_one_from_on_board_that_a_restart_cut_short_is_reported():
    medium, packet = RecordingMedium(), TcSource(APID, count=9).packet(Ping()).encode()
    memory = request_memory_on(medium)
    entry = memory.released(packet)
    memory.keep(entry)
    memory.flush()
    assert [one.word for one in request_memory_on(medium).untold] == [RequestId(APID, 9).word]
    assert memory.last_count == NO_REQUEST
    memory.settle(entry, ExecutionStage.COMPLETION)
    memory.flush()
    (ended,) = request_memory_on(medium).untold
    assert ended.is_over
    memory.mark_told([entry])
    memory.expect([TcSource(APID).packet(Ping()).encode()])
    assert [one.word for one in request_memory_on(medium).taken] == [RequestId(APID, 0).word]


@pytest.mark.requirement("FSW-CMD-012")
def test_the_last_are_remembered_and_what_is_under_way_longest():
    memory, source = request_memory_on(), TcSource(APID)
    packets = [source.packet(Ping()).encode() for _ in range(TAKEN_MAX + 10)]
    memory.expect(packets[:1])  # never ends
    for packet in packets[1:]:
        memory.settle(memory.claim(packet)[0], ExecutionStage.COMPLETION)
    assert len(memory.taken) == TAKEN_MAX
    assert memory.taken[0].word == RequestId(APID, 0).word
    assert not memory.claim(packets[-1])[1]
    assert not memory.claim(packets[TAKEN_MAX - 50])[1]
    assert memory.claim(packets[0])[1]  # still the first time that it is handled
    assert memory.claim(packets[1])[1]  # forgotten
    assert memory.last_count == 1


def test_a_full_memory_fits_its_slot():
    memory, source = request_memory_on(), TcSource(0x7FF, count=0x3FFF - TAKEN_MAX)
    for _ in range(TAKEN_MAX):
        entry, _ = memory.claim(source.packet(Ping()).encode())
        memory.settle(entry, ExecutionStage.COMPLETION, 0xFFFF, "é" * 90)
        memory.flush()
    assert memory.record.fault == ""


def test_a_batch_costs_one_write_before_and_one_after():
    medium, ship = RecordingMedium(), Ship(Counter())
    ship.boot(medium)
    ship.step([UNLOCKING])
    before = len(medium.calls)
    ship.step(Sender(WINDOW // 2).frames())
    assert sum(call == "overwrite" for call, _ in islice(medium.calls, before, None)) == 2
    before = len(medium.calls)
    ship.step([])
    assert len(medium.calls) == before


def test_only_the_end_of_what_is_remembered_is_stored():
    medium, packet = RecordingMedium(), TcSource(APID).packet(Ping()).encode()
    memory = request_memory_on(medium)
    entry, _ = memory.claim(packet)
    passing, kept = memory.released(packet), memory.released(packet)  # alike, and released on board
    memory.keep(kept)
    memory.flush()
    writes = []
    for one in (passing, kept, entry):
        before = len(medium.calls)
        memory.settle(one, ExecutionStage.COMPLETION)
        memory.flush()
        writes.append(sum(call == "overwrite" for call, _ in islice(medium.calls, before, None)))
    assert writes == [0, 1, 1]


@pytest.mark.requirement("FSW-LNK-005")
def test_the_receiver_begins_where_it_was():
    medium = RecordingMedium()
    ship, sender = Ship(Counter()), Sender(3)
    fly(ship, sender, medium)
    farm = Farm(WINDOW)
    request_memory_on(medium, farm)
    assert (farm.vr, farm.state, farm.lockout) == (3, FarmState.OPEN, False)


@pytest.mark.parametrize("slots", ["a", "b", "ab"])
@pytest.mark.requirement("FSW-LNK-005")
def test_the_receiver_begins_in_lockout_where_that_is_not_known(slots):
    farm = Farm(WINDOW)
    request_memory_on(RecordingMedium(), farm)
    assert (farm.vr, farm.state, farm.lockout) == (0, FarmState.LOCKOUT, True)  # the first start
    medium = RecordingMedium()
    ship, sender = Ship(Counter()), Sender(3)
    fly(ship, sender, medium)
    for slot in slots:
        medium.overwrite(ship.dispatcher.memory.record._paths["ab".index(slot)], b"rotten")
    for _ in range(2):  # and stays so until the ground unlocks it
        farm = Farm(WINDOW)
        request_memory_on(medium, farm)
        assert farm.state is FarmState.LOCKOUT


def test_lockout_and_its_end_survive():
    medium = RecordingMedium()
    ship = Ship(Counter())
    ship.boot(medium)
    ship.step([UNLOCKING])
    ship.step([TcFrame(spacecraft_id=1, channel=0, sequence=100, data=b"far")])
    ship.boot(medium)
    assert ship.farm.state is FarmState.LOCKOUT
    ship.step([UNLOCKING])
    ship.boot(medium)
    assert ship.farm.state is FarmState.OPEN


def test_the_receiver_is_locked_where_the_medium_takes_nothing_any_more():
    """What it will take would be forgotten at the next start."""

    def fail(call, path):
        if call == "overwrite":
            raise OSError(errno.EIO, "failing")

    medium, farm = RecordingMedium(), Farm(WINDOW)
    fly(Ship(Counter()), Sender(3), medium)
    medium.fail = fail
    request_memory_on(medium, farm)
    assert (farm.vr, farm.state) == (3, FarmState.LOCKOUT)


@pytest.mark.parametrize("reason", [errno.ENOSPC, errno.EROFS, errno.EIO])
def test_on_a_failing_medium_it_flies_all_the_same(reason):
    def fail(call, path):
        if call not in ("read", "names"):
            raise OSError(reason, "failing")

    ship, sender = Ship(Counter()), Sender(3)
    fly(ship, sender, RecordingMedium(fail))
    assert sorted(ship.executed.values()) == [1, 1, 1]
    memory = ship.dispatcher.memory
    assert memory.record.fault == "failing"
    assert memory.record.failed >= 3
    assert not memory.claim(sender.packets[0])[1]  # in this life nothing is executed twice


def test_how_it_stands_in_words():
    assert Taken(1, 2, 15, stage=ExecutionStage.START).standing == "is under way"
    assert Taken(1, 2, 15, stage=ExecutionStage.COMPLETION).standing == "is completed"
    assert Taken(1, 2, 15, stage=ExecutionStage.START, code=FailureCode.NOT_NOW).standing == "has failed (not_now)"


def test_what_other_software_remembered_is_told_as_far_as_it_can_be():
    """A stage or a code that this software does not have, as one of an update that was given up may have written."""
    for stage, code, told in ((9, 99, (7, 7)), (9, 2, (7, 2)), (0, 5, (7, 5)), (3, 99, (3, 7)), (9, 0, (0, 0))):
        one = Taken(1, 2, 0, stage=stage, code=code)
        assert (one.stage, one.code) == told
        assert one.is_over is (code != 0)
        assert one.standing.startswith("has failed (" if code else "is under way")
