"""CRC-16 and CRC-32C: frames in a batch, and one long input."""

import binascii
from collections.abc import Iterator

import numpy as np

from benchmarks.harness import Row, at_level, compare, peer
from hal.kernels.crc import crc16, crc16_batch, crc32c

FRAMES = np.random.default_rng(1).integers(0, 256, (1000, 1115), np.uint8)
LONG = np.random.default_rng(2).integers(0, 256, 1 << 20, np.uint8).tobytes()
GIGABYTES_LONG, GIGABYTES_FRAMES = len(LONG) / 1e9, FRAMES.size / 1e9


def rows() -> Iterator[Row]:
    fastcrc, frames = peer("fastcrc"), [frame.tobytes() for frame in FRAMES]
    yield compare(
        "CRC-16, 1000 frames of 1115 B", "fastcrc", lambda: crc16_batch(FRAMES).tolist(),
        fastcrc and (lambda: [fastcrc.crc16.ibm_3740(frame) for frame in frames]),
        amount=GIGABYTES_FRAMES, unit="GB/s", hold=2)  # fmt: skip
    yield compare(
        "CRC-16, 1 MiB", "fastcrc", lambda: crc16(LONG), fastcrc and (lambda: fastcrc.crc16.ibm_3740(LONG)),
        amount=GIGABYTES_LONG, unit="GB/s", hold=0.9)  # fmt: skip
    yield compare(
        "CRC-32C, 1 MiB", "fastcrc", lambda: crc32c(LONG), fastcrc and (lambda: fastcrc.crc32.iscsi(LONG)),
        amount=GIGABYTES_LONG, unit="GB/s", hold=0.9)  # fmt: skip
    with at_level("portable"):
        yield compare(
            "CRC-16, 1 MiB", "binascii.crc_hqx", lambda: crc16(LONG), lambda: binascii.crc_hqx(LONG, 0xFFFF),
            amount=GIGABYTES_LONG, unit="GB/s", hold=6)  # fmt: skip
        yield compare(
            "CRC-16, 1000 frames of 1115 B", "binascii.crc_hqx", lambda: crc16_batch(FRAMES).tolist(),
            lambda: [binascii.crc_hqx(frame, 0xFFFF) for frame in frames],
            amount=GIGABYTES_FRAMES, unit="GB/s", hold=6)  # fmt: skip
