"""What a node stands on: a board, its clock, ports and disk."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random, SystemRandom

from fsw.apps.processes import Processes
from fsw.jobs.job import Runner
from fsw.modes.recovery import NoRecovery, Recovery
from fsw.scrub.areas import WatchedArea
from fsw.update.software import RunningSoftware
from hal.board import Battery, Board
from hal.camera import Camera
from hal.clock import Clock
from hal.medium import HOST, Medium
from hal.port import Port
from hal.pulse import NoPulse, PulseInput
from hal.vitals import NoVitalSigns, VitalSigns
from kernels.selftest import failed_families


@dataclass(frozen=True, kw_only=True)
class Devices:
    """What a node stands on. The wire of `port` carries `bits_per_second`; `medium` keeps what survives a restart."""

    clock: Clock
    port: Port
    bits_per_second: int
    camera: Camera
    board: Board
    runner: Runner
    medium: Medium = HOST
    random: Random = field(default_factory=SystemRandom)
    """Draws the number of the first file transfer of each start."""
    processes: Processes | None = None
    """Of a node in processes of its own, under a supervisor."""
    areas: Sequence[WatchedArea] = ()
    """Memory that is checked again and again, and that the ground can dump."""
    self_test: Callable[[], tuple[str, ...]] = failed_families
    """Gives the families of kernels that fail on this processor."""
    pulse: PulseInput = field(default_factory=NoPulse)
    keeps_time: bool = False
    """Whether the UTC of `clock` runs on without power."""
    boot: str = ""
    """A name of the host's present start, which differs from that of any other; "" where nobody knows."""
    battery: Battery | None = None
    vitals: VitalSigns = field(default_factory=NoVitalSigns)
    bridges: Mapping[str, Port] = field(default_factory=dict)
    """The ports of the mission's bridges, by name; one that is not there carries nothing."""
    recovery: Recovery = field(default_factory=NoRecovery)
    """Who restarts the node if it asks for it, as its supervisor."""
    software: RunningSoftware = field(default_factory=RunningSoftware)
