"""Faults of what the node works with: camera, jobs, drivers, and an app that mutinies."""

from typing import TYPE_CHECKING

from rig.world.devices import JOB_NS
from rig.world.faults.fault import Fault, FaultKind, flag, word

if TYPE_CHECKING:
    from rig.world.pair import NodePair

_LIMIT_NS = 20_000_000_000  # of a job's time, in the mission of a world


def _jobs_hang(pair: "NodePair", fault: Fault, amount: float | None) -> None:  # noqa: ARG001
    payload = pair.node.payload
    payload.lasts_ns = JOB_NS if amount is None else _LIMIT_NS
    payload.trouble = "" if amount is None else "the job took more than 20 s"


def _mutiny(says: str, text: str) -> FaultKind:
    return FaultKind(name=f"tenant {says}", text=text, act=word("node", "payload", "mutiny", says=says))


KINDS = (
    FaultKind(
        name="camera blind", text="the camera gives no frame, and says so", act=flag("node", "payload", "is_blind")
    ),
    FaultKind(
        name="camera stuck",
        text="the camera never answers: the process hangs until its supervisor ends it",
        act=flag("node", "payload", "is_stuck"),
        lasts_s=(5, 30),
    ),
    FaultKind(
        name="port stuck",
        text="a write to the port never returns: the process hangs until its supervisor ends it",
        act=flag("node", "has_stuck_port"),
        lasts_s=(1, 30),
    ),
    FaultKind(
        name="jobs die",
        text="workers die without an answer",
        act=word("node", "payload", "trouble", says="the worker died"),
    ),
    FaultKind(
        name="jobs bloat",
        text="jobs ask for more memory than they may have",
        act=word("node", "payload", "trouble", says="MemoryError"),
    ),
    FaultKind(name="jobs hang", text="jobs run until their time is over", act=_jobs_hang),
    _mutiny("shouts", "an app of somebody else floods the link with events"),
    _mutiny("babbles", "an app of somebody else floods the link with samples"),
    _mutiny("fails", "an app of somebody else raises in each step"),
    _mutiny("exits", "an app of somebody else calls exit in each step"),
    _mutiny("lies", "an app of somebody else sends values that no packet can hold"),
)
