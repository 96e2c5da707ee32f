"""Updates in a world: orders in any order do no harm, what must not be started is told, and one succeeds at last."""

import pytest

from fsw.update.record import SOFTWARE, SlotName
from rig.world.faults import Fault
from rig.world.pair import NodePair
from rig.world.schedule import schedule_of
from rig.world.timeline import SECOND, BrokenError
from rig.world.updating.supervisor import StartJudge
from rig.world.updating.versions import FURTHER, MODEL, bundle_of
from rig.world.world import fly
from tests.rig.world.variants import every

A, B, G = SlotName.A, SlotName.B, SlotName.G


def flown(seed=1, seconds=30):
    plan = Fault(at_ns=0, until_ns=seconds * SECOND, kind="updates", amount=1.0)
    pair = NodePair(seed, [plan], is_manned=False)
    pair.run(seconds)
    return pair


@pytest.mark.requirement("FSW-UPD-001")
def test_in_the_end_a_further_version_of_each_target_is_promoted():
    pair = flown()
    pair.calm()
    pair.settle()
    assert pair.supervisor.version == FURTHER
    (model,) = pair.node.node.imaging.stages.models
    assert model.updates.state.floor == FURTHER
    assert len({name for record in pair.judge.commands.values() if (name := record.name).startswith("update.")}) >= 7
    assert pair.node.node.executive.failures == 0


@pytest.mark.slow
@pytest.mark.parametrize("seed", every(1, range(8)))
@pytest.mark.parametrize("beside", ["kill", "node off", "disk failing", "disk lies", "disk rots"])
def test_updates_in_any_order_beside_another_fault(seed, beside):
    fly(schedule_of(seed, nodes=1, kinds=["updates", beside]))


def test_a_node_of_which_no_updates_are_planned_has_none():
    pair = NodePair(1, is_manned=False)
    pair.run(2)
    pair.order("update.abort", target=SOFTWARE)
    pair.run(2)
    assert "the node's mission has no [update]" in pair.judge.commands[1].reason


@pytest.mark.parametrize(
    ("slot", "octets", "floor", "sentence"),
    [
        (A, bundle_of(SOFTWARE, "7"), "", "was never sent, or not as it was signed"),
        (A, bundle_of(SOFTWARE, "5"), "", "was never sent"),
        (B, b"torn", "", "was never sent"),
        (A, bundle_of(SOFTWARE, "2"), "3", "3 was never confirmed"),
    ],
)
def test_what_must_not_be_started_is_told(slot, octets, floor, sentence):
    judge = StartJudge(SOFTWARE)
    with pytest.raises(BrokenError, match=sentence):
        judge.check(slot, octets, floor, is_doubted=False)


def test_an_older_version_needs_a_reason():
    judge = StartJudge(SOFTWARE, confirms=1)
    old, new = bundle_of(SOFTWARE, "2"), bundle_of(SOFTWARE, "3")
    judge.check(A, new, "3", is_doubted=False)
    with pytest.raises(BrokenError, match="2 is used, though 3 was promoted"):
        judge.check(B, old, "3", is_doubted=False)
    judge.check(B, old, "3", is_doubted=True)
    judge.check(G, b"", "3", is_doubted=False)
    judge.asked.add("B")
    judge.check(B, old, "3", is_doubted=False)


def test_a_job_with_a_model_that_it_must_not_use_ends_the_flight():
    pair = flown(seconds=10)
    pair.supervisor.judges[MODEL].check = broken
    pair.order("imaging.capture", target="coast")
    with pytest.raises(BrokenError, match="of this world"):
        pair.run(5)


def broken(*_, **__):
    raise BrokenError("not of this world")
