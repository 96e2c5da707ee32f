"""The last resort: one telemetry frame with one event, made without an executive, so that the ground hears of it."""

from pathlib import Path

import msgspec

from fsw.apps.processes import LastResort
from fsw.comms.numbers import NUMBERS_OCTETS_MAX, Numbering, Reserved
from fsw.mission import HOUSEKEEPING_CHANNEL, Mission
from fsw.store.records import Records
from hal.clock import Clock
from hal.medium import HOST, Medium
from hal.port import Port
from link.channels.tm_sender import TmSender
from link.coding.tm_encoder import TmEncoder
from link.frames.clcw import Clcw
from link.pus.services.events import event_report
from link.pus.source import TmSource

_FAILURES_MAX = (1 << 16) - 1
_LOOK_NS, _PATIENCE_NS = 100_000_000, 5_000_000_000


def beacon(mission: Mission, state: Path, cause: str, failures: int, utc_ns: int, medium: Medium = HOST) -> bytes:
    """The unit with the event. Its packet has a number of its own, as all packets of the node; its frames begin at 0.

    The CLCW says lockout, for nobody is there to take commands.
    """
    managed = mission.managed
    reserved = Records(state / "memory", medium).open("numbers", Reserved(), NUMBERS_OCTETS_MAX)
    boots = max(0, reserved.value.boots - 1)  # a beacon is no start of the node
    reserved.value = msgspec.structs.replace(reserved.value, boots=boots)
    source, sender = TmSource(mission.node.apid, numbers=Numbering(reserved)), TmSender(managed)
    event = LastResort(failures=min(failures, _FAILURES_MAX), cause=cause)
    sender.offer(HOUSEKEEPING_CHANNEL, source.packet(event_report(event), utc_ns))
    clcw = Clcw(channel=managed.tc_channel, report=0, lockout=True)
    return TmEncoder(managed).encode(sender.next_frame(clcw.word))


def send(unit: bytes, port: Port, clock: Clock) -> bool:
    """Write a unit to a port, or give up after 5 s; returns whether it went out."""
    end_ns = clock.monotonic_ns() + _PATIENCE_NS
    while unit and clock.monotonic_ns() < end_ns:
        port.read(0)  # a port without a line opens it
        unit = unit[port.write(unit) :]
        if unit:
            clock.wait(clock.monotonic_ns() + _LOOK_NS, [port])
    return not unit
