"""Telemetry frames from received octets to packets, on one core, compared with promised rates."""

from collections.abc import Iterator
from functools import partial

import numpy as np

from benchmarks.harness import Row, alone, compare
from ground.recordings.frames.framing import Framing
from ground.recordings.frames.intake import Batch
from ground.recordings.recording import Reception, read_recording
from link.channels.tm_receiver import TmReceiver
from link.channels.tm_sender import TmSender
from link.coding.tm import ASM_OCTETS, TmDecoder, TmEncoder
from link.managed import Managed, TmChannel
from link.packets.space_packet import SpacePacket

PACKETS, WRONG_SYMBOLS = 40_000, 8
PART_UNITS = 4000  # of them, where each frame is read alone
CODEWORD = 255
MANAGED = Managed(spacecraft_id=1, tm_channels=(TmChannel(name="all", vc=0, queue_packets=PACKETS),))


def recording() -> tuple[bytes, list[bytes]]:
    """Units full of packets of 64..1024 octets, and the packets."""
    dice, sender, encoder = np.random.default_rng(2), TmSender(MANAGED), TmEncoder(MANAGED)
    packets = [
        SpacePacket(3, number % 16384, dice.bytes(int(dice.integers(58, 1019)))).encode() for number in range(PACKETS)
    ]
    for packet in packets:
        sender.offer("all", packet)
    frames = []
    while sender.waiting:
        frames.append(np.frombuffer(sender.next_frame(), np.uint8))
    return encoder.encode_rows(np.stack(frames)).tobytes(), packets


def same(batches: list[Batch], packets: list[bytes]) -> bool:
    return [packet for batch in batches for packet, _ in batch] == packets


def with_errors(clean: bytes) -> bytes:
    """The recording with WRONG_SYMBOLS wrong symbols in every codeword."""
    dice = np.random.default_rng(3)
    units = np.frombuffer(clean, np.uint8).reshape(-1, ASM_OCTETS + MANAGED.tm_code_octets).copy()
    for unit in units:
        for lane in range(MANAGED.interleave):
            places = dice.choice(CODEWORD, WRONG_SYMBOLS, replace=False)
            unit[ASM_OCTETS + MANAGED.interleave * places + lane] ^= dice.integers(1, 256, WRONG_SYMBOLS, np.uint8)
    return units.tobytes()


def received(octets: bytes) -> list[Batch]:
    """The packets, found and counted as by `skyrack decode`."""
    reception = Reception(framing=Framing(kind="tm", octets=MANAGED.tm_frame_octets, coding=MANAGED))
    return list(read_recording(octets, reception))


def one_by_one(octets: bytes) -> list[bytes]:
    """The packets, as a ground station finds them, which has each frame when that is complete."""
    decoder, receiver = TmDecoder(MANAGED), TmReceiver(MANAGED)
    return [one.packet for frame in decoder.feed(octets) for one in receiver.feed(frame)]


def rows() -> Iterator[Row]:
    clean, packets = recording()
    for name, octets, promise in (
        ("clean", clean, 1.0),
        (f"{WRONG_SYMBOLS} wrong a codeword", with_errors(clean), 0.5),
    ):
        assert [packet for batch in received(octets) for packet, _ in batch] == packets, f"{name}: other packets"
        yield alone(f"TM units to packets, {name}", partial(received, octets), amount=len(octets) / 1e9, unit="GB/s",
                    promise=promise)  # fmt: skip
    part = clean[: PART_UNITS * (ASM_OCTETS + MANAGED.tm_code_octets)]
    yield compare("TM units to packets, many at a time", "our single frames", partial(received, part),
                  partial(one_by_one, part), amount=len(part) / 1e9, unit="GB/s", equal=same)  # fmt: skip
