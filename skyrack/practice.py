"""Practice: a flight, on devices that are none: what an executive would do for the first time is done before.

Then the classes of records know their forms, the forms of what is kept are known to msgspec, and the interpreter has
adapted the code to what it works on: an executive that is forked from here begins to fly sooner. And one that practised
itself has its own pages of the memory that it needs, which else is shared until it is first written to.
"""

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from fsw.assembly import build_node
from fsw.devices import Devices
from fsw.mission import Mission
from fsw.node import Node
from hal.correlated_clock import CorrelatedClock
from hal.linux.lasting_port import LastingPort
from hal.medium import Medium
from hal.port import Line
from hal.sim.clock import VirtualClock
from link.coding.cltu import encode_cltu
from link.frames.tc import TcFrame
from link.pus.services.test import Ping
from link.pus.source import TcSource

_STARTS, _STEPS = 2, 12


def practise(
    mission: Mission, devices: Callable[[CorrelatedClock, LastingPort], Devices], folder: Path, medium: Medium
) -> None:
    """Fly `mission` twice for some seconds of virtual time, the second time with the memory of the first.

    `devices` gives those of a clock and a port; the state is in `folder` on `medium`. Each flight gets one command.
    """
    for _ in range(_STARTS):
        clock, line = CorrelatedClock(VirtualClock()), _Line(_command(mission))
        port = LastingPort("practice", clock, line=line, reopen=_no_line)
        _fly(build_node(mission, replace(devices(clock, port), medium=medium), folder), clock)
        port.close()


def _fly(node: Node, clock: CorrelatedClock) -> None:
    for _ in range(_STEPS):
        node.step()
        clock.wait(node.next_wake_ns)


def _command(mission: Mission) -> bytes:
    """A unit with a request for a test of the connection, in a frame of type BD, which any receiver accepts."""
    managed = mission.managed
    frame = TcFrame(
        spacecraft_id=managed.spacecraft_id,
        channel=managed.tc_channel,
        sequence=0,
        data=TcSource(mission.node.apid).packet(Ping()).encode(),
        bypass=True,
    )
    return encode_cltu(frame.encode(fecf=managed.tc_fecf), randomise=managed.cltu_randomise)


class _Line:
    """`Line` from which `octets` come, and that takes everything."""

    def __init__(self, octets: bytes) -> None:
        self._octets, self._descriptor = octets, os.eventfd(0)

    def read(self, size_max: int) -> bytes:
        octets, self._octets = self._octets[:size_max], self._octets[size_max:]
        return octets

    def write(self, octets: bytes) -> int:
        return len(octets)

    def fileno(self) -> int:
        return self._descriptor

    def close(self) -> None:
        os.close(self._descriptor)


def _no_line() -> Line:
    raise OSError("this is practice")
