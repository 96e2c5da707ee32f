"""The dictionary of a small node, as a file of somebody else's would have it, for tests that fly nothing."""

from link.dictionary import Dictionary, Event, Int8ub, Int32ub, Limits, Octets, Telemetry, command, wire
from link.dictionary.dictionary import FilePartners
from link.managed import Managed, TmChannel

APID, FILES_APID, NODE_ENTITY, GROUND_ENTITY = 65, 0x7FD, 1, 2
MANAGED = Managed(
    spacecraft_id=0x2A5,
    tm_channels=(TmChannel(name="housekeeping", vc=0), TmChannel(name="files", vc=1, queue_packets=8)),
    tm_frame_octets=223,
    interleave=1,
    tc_frame_octets_max=256,
    farm_window=16,
)
SECOND = 1_000_000_000
UTC_NS = 1_800_000_000 * SECOND


class NodeStatus(Telemetry, id=1):
    """The node."""

    dictionary: bytes = wire(Octets(8))
    uptime_s: int = wire(Int32ub, unit="s")
    load: int = wire(Int8ub, unit="%", limits=Limits(warning=(0, 80)))


class Done(Event, id=5, severity="low"):
    """{what} was done."""

    what: str = wire()


class Imaging:
    @command(opcode=0x31)
    def capture(self, target: str, count: int = 1) -> None:
        """Look at `target`."""

    @command(opcode=0x32, hazardous=True)
    def erase(self) -> None:
        """Forget everything."""

    @command(opcode=0x33, constraint="NodeStatus.load < 90 and NodeStatus.uptime_s >= 0")
    def compress(self) -> None:
        """Make room."""


DICTIONARY = Dictionary.of(
    "coastwatch",
    APID,
    MANAGED.to_dict(),
    [NodeStatus, Done, Imaging],
    FilePartners(apid=FILES_APID, node_entity=NODE_ENTITY, ground_entity=GROUND_ENTITY),
)
