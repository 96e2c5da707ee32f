"""The judge of worlds notices whatever must not be: here each rule is broken once."""

from random import Random
from types import SimpleNamespace

import pytest
from msgspec.structs import replace

from ground.archive.archive import Archive
from ground.archive.rows import PacketRow
from ground.records import CommandRecord, CommandStage, FileRecord
from link.cop1.fop_events import AlertCode
from rig.world.devices import WorldInbox
from rig.world.judge import BrokenError, Judge
from rig.world.pair import NodePair
from rig.world.timeline import SECOND


def command(state, *, number=1, mark=7, stages=(), reason=""):
    return CommandRecord(
        number=number,
        name="witness.mark",
        arguments={"number": mark},
        request="65/0",
        sent_ns=0,
        state=state,
        stages=tuple(CommandStage(name=name, received_ns=0) for name in stages),
        reason=reason,
    )


@pytest.fixture
def judge():
    return Judge()


@pytest.fixture
def tell(judge):
    return lambda record, now_ns=0: judge.accept(record, now_ns, WorldInbox())


@pytest.mark.parametrize(
    ("before", "after"),
    [("accepted", "delivered"), ("completed", "failed"), ("failed", "completed"), ("completed", "queued")],
)
def test_a_command_goes_forward_only(tell, before, after):
    tell(command(before))
    with pytest.raises(BrokenError, match=f"was {before} and is {after}"):
        tell(command(after))


@pytest.mark.parametrize(("before", "after"), [("queued", "accepted"), ("timeout", "completed"), ("started", "failed")])
def test_a_command_may_go_forward(tell, judge, before, after):
    tell(command(before))
    tell(command(after))
    assert judge.commands[1].state == after


def test_stages_that_were_told_stay(tell):
    tell(command("accepted", stages=("released", "accepted")))
    with pytest.raises(BrokenError, match="stages of it are gone"):
        tell(command("started", stages=("released", "started")))


def test_where_nothing_disturbs_cop_1_it_confirms_no_frame_that_was_not_sent(judge, tell):
    told = command("failed", stages=("released",))
    stages = (replace(told.stages[0], detail=f"interrupted: {AlertCode.NNR.value}"),)
    tell(command("queued"))
    tell(replace(told, stages=stages))
    judge.is_plain = True
    tell(replace(told, stages=stages))  # that was known already
    tell(command("queued", number=2))
    with pytest.raises(BrokenError, match=r"command 2 \(witness.mark\): the FARM acknowledges what was not sent"):
        tell(replace(told, number=2, stages=stages))


def test_a_target_is_captured_once(judge):
    judge.captured(["a", "b"])
    with pytest.raises(BrokenError, match="b captured more than once"):
        judge.captured(["b", "a", "b"])


def packet(time_ns, sequence):
    return PacketRow(65, 3, 25, 1, time_ns, sequence, 0, "", b"%d" % time_ns)


def test_packet_numbers_do_not_repeat_beyond_their_modulus_either(judge):
    packets = [packet(time, time % 16384) for time in range(0, 100_000, 1000)]
    for at in range(0, len(packets), 8):  # some come late
        packets[at : at + 8] = Random(at).sample(packets[at : at + 8], len(packets[at : at + 8]))
    judge.numbers([*packets, packets[-3]])  # and one packet again
    with pytest.raises(BrokenError, match="packet number 16383 came again, at 3"):
        judge.numbers([packet(1, 16383), packet(2, 0), packet(3, 16383)])


def test_after_many_starts_in_a_row_numbers_may_have_begun_anew(judge):
    judge.boots_ns = [number * SECOND for number in range(7)]
    with pytest.raises(BrokenError, match="came again"):
        judge.numbers([packet(1, 5), packet(2, 5)])
    judge.boots_ns.append(7 * SECOND)
    judge.numbers([packet(1, 5), packet(2, 5)])


@pytest.mark.parametrize("state", ["completed", "failed", "timeout"])
def test_nothing_is_done_long_after_the_end_of_its_command(judge, tell, state):
    tell(command("queued"))
    tell(command(state), SECOND)
    with pytest.raises(BrokenError, match=f"mark 7 is made, but its command ended as {state}"):
        judge.marked(7, 12 * SECOND, is_forgetful=False)


def test_what_nobody_asked_for_is_held_against_no_other_command(judge, tell):
    tell(command("completed"))
    judge.marked(8, 60 * SECOND, is_forgetful=False)
    assert judge.marks[8] == 1


def test_what_was_on_its_way_may_be_done(judge, tell):
    tell(command("timeout"), SECOND)
    judge.marked(7, 11 * SECOND, is_forgetful=False)
    assert judge.marks[7] == 1


def test_what_no_disk_remembered_may_be_done_twice(judge):
    judge.marked(7, 0, is_forgetful=True)
    judge.marked(7, 1, is_forgetful=False)
    assert judge.marks[7] == 2


def test_what_no_disk_remembered_may_be_reported_as_failed(judge, tell):
    judge.marked(7, 0, is_forgetful=True)
    tell(command("failed", reason="refused"))
    judge.done()
    assert judge.marks[7] == 1


def test_the_first_report_of_an_end_counts(judge, tell):
    tell(command("timeout"), SECOND)
    tell(command("timeout"), 30 * SECOND)
    with pytest.raises(BrokenError, match="ended as timeout"):
        judge.marked(7, 31 * SECOND, is_forgetful=False)


def test_what_is_reported_as_done_was_done(judge, tell):
    tell(command("completed"))
    with pytest.raises(BrokenError, match="mark 7 was reported as completed, but was not made"):
        judge.done()


def test_what_is_reported_as_failed_was_not_done(judge, tell):
    judge.marked(7, 0, is_forgetful=False)
    tell(command("failed", reason="refused"))
    with pytest.raises(BrokenError, match="mark 7 was made, but reported as failed: refused"):
        judge.done()


@pytest.mark.parametrize("reason", ["interrupted by a restart", "not confirmed: it may have arrived"])
def test_a_report_may_leave_it_open_whether_it_was_done(judge, tell, reason):
    judge.marked(7, 0, is_forgetful=False)
    tell(command("failed", reason=reason))
    judge.done()
    assert judge.marks[7] == 1


def test_what_was_done_is_heard_of(judge, tell):
    tell(command("accepted"))
    judge.marked(7, 5, is_forgetful=False)
    judge.received(6, 0)
    with pytest.raises(BrokenError, match="mark 7 was made, and its command is accepted"):
        judge.received(5, 0)


def test_a_file_with_other_octets_than_were_made_is_noticed(judge):
    file = FileRecord(name="a.product", size_octets=1, transaction="1/1", begun_ns=0, received_ns=0)
    inbox = WorldInbox()
    inbox.files["a.product"] = b"x"
    with pytest.raises(BrokenError, match=r"file a\.product is not what was made"):
        judge.accept(file, 0, inbox)


def test_the_archive_has_what_was_told(judge, tell):
    node, archive = SimpleNamespace(power=SimpleNamespace(is_on=False)), Archive()
    tell(command("accepted"))
    with pytest.raises(BrokenError, match="1 commands, 0 in the archive"):
        judge.kept(node, WorldInbox(), archive.commands(limit=9))
    archive.write([command("queued")])
    with pytest.raises(BrokenError, match=r"commands \[1\] are archived otherwise"):
        judge.kept(node, WorldInbox(), archive.commands(limit=9))


@pytest.fixture
def world():
    """A world in which one product was made and received."""
    world = NodePair(1, is_manned=False)
    world.run(2)
    world.order("imaging.capture", target="coast")
    world.run(10)
    world.check()
    return world


def test_a_product_that_was_not_received_is_not_delivered(world):
    world.ground.inbox.files.clear()
    with pytest.raises(BrokenError, match=r"000001-coast\.product reported as delivered by the node, but not received"):
        world.check()


def test_a_product_that_does_not_arrive_is_missed(world):
    payload = world.node.payload
    assert world.judge.settled(world.ground.inbox, payload, 0) == ""
    assert world.judge.settled(WorldInbox(), payload, 0) == "1 products have not arrived, the first is of coast"
    payload.products["coast"] = 7
    world.order("files.drop_product", product=7)
    world.run(1)
    assert world.judge.settled(WorldInbox(), payload, 0) == ""


@pytest.mark.parametrize("name", ["octets_received", "octets_sent"])
def test_a_counter_of_the_ground_that_is_wrong_is_noticed(judge, name):
    status = SimpleNamespace(failed={}, link=SimpleNamespace(octets_received=1, octets_sent=1))
    judge.ground(status, 1, 1)
    setattr(status.link, name, 2)
    with pytest.raises(BrokenError, match="2 octets counted, 1"):
        judge.ground(status, 1, 1)


def test_a_duty_of_the_ground_that_failed_is_noticed(judge):
    status = SimpleNamespace(failed={"archive": 1}, link=SimpleNamespace(octets_received=1, octets_sent=1))
    with pytest.raises(BrokenError, match="duties of the ground failed"):
        judge.ground(status, 1, 1)


def test_a_frame_that_the_node_does_not_count_is_noticed(world):
    world.node.node.telecom.uplink.accepted += 1
    with pytest.raises(BrokenError, match=r"units up, but \d+ frames counted"):
        world.check()


@pytest.mark.parametrize("counter", ["failures", "missed", "overruns", "unsendable"])
def test_what_the_loop_of_the_node_counts_is_noticed(world, counter):
    setattr(world.node.node.executive, counter, 1)
    with pytest.raises(BrokenError, match=f"'{counter}': 1"):
        world.check()


@pytest.mark.parametrize("rule", ["captured", "node", "ground", "numbers", "kept", "done", "sleep"])
def test_a_check_asks_each_rule(world, monkeypatch, rule):
    monkeypatch.setattr(Judge, rule, lambda *_: broken())
    with pytest.raises(BrokenError, match="something"):
        world.check()


@pytest.mark.parametrize("rule", ["received", "numbers", "settled"])
def test_settling_asks_what_became_of_all(world, monkeypatch, rule):
    world.calm()
    monkeypatch.setattr(Judge, rule, lambda *_: broken())
    with pytest.raises(BrokenError, match="something"):
        world.settle()


def broken():
    raise BrokenError("something")
