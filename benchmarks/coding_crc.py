"""CRC-16 and CRC-32C: frames in a batch, packets of a stream, and one long input."""

import binascii
from collections.abc import Iterator

import numpy as np

from benchmarks.harness import Row, at_level, compare, newest_peer
from kernels import library
from kernels.coding.crc import crc16, crc16_batch, crc16_ranges, crc32c

RANDOM = np.random.default_rng(1)
FRAMES = RANDOM.integers(0, 256, (1000, 1115), np.uint8)
LONG = RANDOM.integers(0, 256, 1 << 20, np.uint8).tobytes()
LENGTHS = RANDOM.integers(20, 300, 5000)
OFFSETS = np.cumsum(LENGTHS) - LENGTHS
GIGABYTES_LONG, GIGABYTES_FRAMES, GIGABYTES_PACKETS = len(LONG) / 1e9, FRAMES.size / 1e9, LENGTHS.sum() / 1e9


def beside_fastcrc() -> Iterator[Row]:
    fastcrc, frames = newest_peer("fastcrc"), [frame.tobytes() for frame in FRAMES]
    packets = [LONG[offset : offset + length] for offset, length in zip(OFFSETS, LENGTHS, strict=True)]
    best = library.level() == library.supported_levels()[-1]
    yield compare(
        "CRC-16, 1000 frames of 1115 B", "fastcrc", lambda: crc16_batch(FRAMES).tolist(),
        fastcrc and (lambda: [fastcrc.crc16.ibm_3740(frame) for frame in frames]),
        amount=GIGABYTES_FRAMES, unit="GB/s", hold=2 if best else None)  # fmt: skip
    yield compare(
        "CRC-16, 5000 packets of 20-300 B", "fastcrc", lambda: crc16_ranges(LONG, OFFSETS, LENGTHS).tolist(),
        fastcrc and (lambda: [fastcrc.crc16.ibm_3740(packet) for packet in packets]),
        amount=GIGABYTES_PACKETS, unit="GB/s")  # fmt: skip
    yield compare(
        "CRC-16, 1 MiB", "fastcrc", lambda: crc16(LONG), fastcrc and (lambda: fastcrc.crc16.ibm_3740(LONG)),
        amount=GIGABYTES_LONG, unit="GB/s", hold=0.9 if best else None)  # fmt: skip
    # Ratios on two machines: 0.89, and above 0.9; memory bounds both sides.
    yield compare(
        "CRC-32C, 1 MiB", "fastcrc", lambda: crc32c(LONG), fastcrc and (lambda: fastcrc.crc32.iscsi(LONG)),
        amount=GIGABYTES_LONG, unit="GB/s", hold=0.8 if best else None)  # fmt: skip


def beside_the_standard_library() -> Iterator[Row]:
    frames = [frame.tobytes() for frame in FRAMES]
    yield compare(
        "CRC-16, 1 MiB", "binascii.crc_hqx", lambda: crc16(LONG), lambda: binascii.crc_hqx(LONG, 0xFFFF),
        amount=GIGABYTES_LONG, unit="GB/s", hold=6)  # fmt: skip
    yield compare(
        "CRC-16, 1000 frames of 1115 B", "binascii.crc_hqx", lambda: crc16_batch(FRAMES).tolist(),
        lambda: [binascii.crc_hqx(frame, 0xFFFF) for frame in frames],
        amount=GIGABYTES_FRAMES, unit="GB/s", hold=6)  # fmt: skip


def rows() -> Iterator[Row]:
    for level in library.supported_levels():
        with at_level(level):
            yield from beside_fastcrc()
    with at_level("portable"):
        yield from beside_the_standard_library()
