"""Write into the present folder the recordings that docs/how-to/decode-a-recording.md decodes.

probe.bin      TM frames of 128 octets, about two packets in each; the fiftieth frame is missing
probe.csv      what its packets hold
orbiter.bin    AOS frames of 446 octets with packets of three APIDs
orbiter.cadu   the same frames as they come from a demodulator: sync markers, randomised, Reed-Solomon coded
scope.spl      packets one after the other, four other octets before each
"""

from collections.abc import Iterator
from pathlib import Path

from link.channels.aos import AosManaged, AosSender
from link.channels.tm_sender import TmSender
from link.coding.tm import TmEncoder
from link.managed import Managed, TmChannel
from link.packets.space_packet import SpacePacket

PROBE_TABLE = "name,data_type,bit_length\nSECONDS,uint,32\nBUS_MV,uint,16\nSAMPLES,uint(47),8\n"
QUEUE = 200


def probe() -> bytes:
    """probe.bin without its lost frame: 99 TM frames."""
    channel = TmChannel(name="all", vc=1, queue_packets=QUEUE)
    managed = Managed(spacecraft_id=42, tm_channels=(channel,), tm_frame_octets=128, ocf=False, rs_parity=0)
    sender = TmSender(managed)
    for number in range(QUEUE):
        data = (1000 + 2 * number).to_bytes(4) + (28000 - number).to_bytes(2) + bytes(47)
        assert sender.offer("all", SpacePacket(100, number, data).encode())
    frames = [sender.next_frame() for _ in range(100)]
    return b"".join(frames[:49] + frames[50:])


def orbiter() -> list[bytes]:
    """The frames of orbiter.bin: 46 AOS frames of 446 octets."""
    sender = AosSender(
        AosManaged(spacecraft_id=129, frame_octets=446), [TmChannel(name="all", vc=2, queue_packets=QUEUE)]
    )
    for number in range(QUEUE):
        packet = SpacePacket((6, 10, 57)[number % 3], number // 3, bytes([number]) * 90)
        assert sender.offer("all", packet.encode())
    return [sender.next_frame() for _ in range(46)]


def coded(frames: list[bytes]) -> Iterator[bytes]:
    """The channel access data units that a transmitter makes of frames (CCSDS 131.0-B-4)."""
    managed = Managed(spacecraft_id=129, tm_channels=(TmChannel(name="any", vc=0),), tm_frame_octets=446, interleave=2)
    encoder = TmEncoder(managed)
    return map(encoder.encode, frames)


def scope() -> bytes:
    """scope.spl: 13 packets of APID 1425."""
    return b"".join(b"time" + SpacePacket(1425, number, bytes([23, number] * 50)).encode() for number in range(13))


if __name__ == "__main__":
    frames = orbiter()
    Path("probe.bin").write_bytes(probe())
    Path("probe.csv").write_text(PROBE_TABLE)
    Path("orbiter.bin").write_bytes(b"".join(frames))
    Path("orbiter.cadu").write_bytes(b"".join(coded(frames)))
    Path("scope.spl").write_bytes(scope())
