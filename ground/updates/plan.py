"""What it takes to send a file by commands: octets on the wire, seconds, passes and days, before anything is sent."""

from dataclasses import dataclass
from math import ceil

from link.coding.cltu import encode_cltu
from link.fecf import FECF_SIZE
from link.frames.tc import TC_FRAME_OCTETS_MAX, TC_HEADER_SIZE, TcFrame
from link.pus.packets import TC_OVERHEAD, TcPacket

_FUNCTION_OCTETS, _ARGUMENTS_OCTETS = 2, 1 + 4 + 2  # function identifier; slot, offset and count of update.write
_TARGET_OCTETS = 1  # the length before its name


@dataclass(frozen=True)
class Passes:
    """The contacts with the node. `rate_bps`: of the uplink on the wire, all of it for the update."""

    rate_bps: int
    pass_s: float
    a_day: float

    @property
    def octets_a_day(self) -> float:
        """Octets on the wire that a day's passes take."""
        return self.rate_bps / 8 * self.pass_s * self.a_day


@dataclass(frozen=True)
class Sending:
    """What it takes to send a file of `octets` in commands with up to `chunk_octets` each, none of them twice."""

    octets: int
    chunk_octets: int
    commands: int
    wire_octets: int
    seconds: float
    passes: int
    days: float


def sending(octets: int, target: str, passes: Passes, frame_octets_max: int = TC_FRAME_OCTETS_MAX) -> Sending:
    """What it takes to send a file to a target of updates, one command per frame. Raises ValueError for short frames.

    A command that does not fit into the rest of a pass waits for the next one.
    """
    overhead = TC_HEADER_SIZE + FECF_SIZE + TC_OVERHEAD + _FUNCTION_OCTETS + _TARGET_OCTETS + len(target.encode())
    chunk = frame_octets_max - overhead - _ARGUMENTS_OCTETS
    if chunk < 1:
        raise ValueError(
            f"frames of {frame_octets_max} octets, of which a command to write takes {frame_octets_max - chunk}"
        )
    whole, rest = divmod(octets, chunk)
    full, last = (_unit_octets(size + overhead + _ARGUMENTS_OCTETS) for size in (chunk, rest))
    in_a_pass = int(passes.rate_bps / 8 * passes.pass_s / full)
    if not in_a_pass:
        raise ValueError(f"a pass of {passes.pass_s:g} s takes less than one command of {full} octets on the wire")
    commands, wire = whole + bool(rest), whole * full + last * bool(rest)
    number = ceil(commands / in_a_pass)
    return Sending(octets, chunk, commands, wire, 8 * wire / passes.rate_bps, number, number / passes.a_day)


def _unit_octets(frame_octets: int) -> int:
    """Octets of the CLTU that carries a frame (CCSDS 231.0-B-4)."""
    packet = TcPacket(
        apid=0, count=0, service=8, subtype=1, data=bytes(frame_octets - TC_HEADER_SIZE - FECF_SIZE - TC_OVERHEAD)
    )
    frame = TcFrame(spacecraft_id=0, channel=0, sequence=0, data=packet.encode()).encode(fecf=True)
    return len(encode_cltu(frame, randomise=True))
