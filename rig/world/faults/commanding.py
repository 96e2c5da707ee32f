"""Faults of who commands: updates in any order, and somebody else on the same uplink."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from link.coding.cltu import encode_cltu
from link.frames.tc import UNLOCK, TcFrame, set_vr
from link.pus.packets import TcPacket
from link.pus.services.test import Ping
from rig.world.faults.fault import Fault, FaultKind
from rig.world.wire import ECHO_UNITS_MAX

if TYPE_CHECKING:
    from rig.world.pair import NodePair

UPDATES = "updates"


def _updates(pair: "NodePair", fault: Fault, amount: float | None) -> None:  # noqa: ARG001
    if amount is None:
        pair.updater.end()
    else:
        pair.updater.begin(pair.now_ns, amount)


def _second_ground(pair: "NodePair", fault: Fault, amount: float | None) -> None:  # noqa: ARG001
    """Another station takes the receiver over, sends requests of its own, and repeats what it has overheard."""
    if amount is None or not pair.node.power.is_on:
        return
    overheard = pair.up.lately(int(amount))
    end_ns = pair.up.intrude([*_frames(pair, int(amount)), *overheard], pair.now_ns)
    pair.judge.intrusions_ns.append((pair.now_ns, end_ns))


def _frames(pair: "NodePair", count: int) -> Iterator[bytes]:
    """Unlock, Set V(R) to what it was some frames ago, and a few pings with the next numbers."""
    managed, random = pair.node.mission.managed, pair.up.random
    back = random.randint(0, count)
    first = (pair.node.node.telecom.uplink.farm.vr - back) % 256

    def unit(data: bytes, sequence: int = 0, *, is_control: bool = False) -> bytes:
        frame = TcFrame(
            spacecraft_id=managed.spacecraft_id,
            channel=managed.tc_channel,
            sequence=sequence,
            data=data,
            bypass=is_control,
            control=is_control,
        )
        return encode_cltu(frame.encode(fecf=managed.tc_fecf), randomise=managed.cltu_randomise)

    yield unit(UNLOCK, is_control=True)
    yield unit(set_vr(first), is_control=True)
    for number in range(random.randint(0, 3)):
        ping = TcPacket(
            apid=pair.node.mission.node.apid,
            count=random.randrange(1 << 14),
            service=Ping.__service__,
            subtype=Ping.__subtype__,
            data=b"",
        )
        yield unit(ping.encode(), (first + number) % 256)


KINDS = (
    FaultKind(
        name=UPDATES,
        text="updates of software and a model are commanded in any order, with resets between; amount: orders a second",
        act=_updates,
        lasts_s=(20, 60),
        amount=lambda random: random.uniform(0.4, 1.5),
    ),
    FaultKind(
        name="second ground",
        text="another station sends on the same uplink: it takes the receiver over; amount: overheard units it repeats",
        act=_second_ground,
        amount=lambda random: random.randint(0, ECHO_UNITS_MAX),
    ),
)
