"""The receive chain of telemetry on one core: find the markers of a stream that is not aligned to octets, align its
frames, derandomise them, correct eight wrong symbols in every codeword, check the frames' CRC."""

from collections.abc import Iterator
from functools import partial

import numpy as np
from numpy.typing import NDArray

from benchmarks.harness import Row, alone, at_level
from kernels.coding.crc import crc16_batch
from kernels.coding.randomise import Code, randomise
from kernels.coding.reed_solomon import SYMBOLS, ReedSolomon
from kernels.coding.sync import align_all, find_markers
from kernels.library import supported_levels

CODE, MARKER, FRAMES = ReedSolomon(interleave=5), 0x1ACFFC1D, 256  # a third of a megabyte, as a receiver hands it over
SPOILT = 77
"""Number of the frame that is sent with a wrong CRC."""
Octets = NDArray[np.uint8]


def frames() -> Octets:
    """Transfer frames of noise that end with their CRC, which is wrong in one."""
    drawn = np.random.default_rng(1).integers(0, 256, (FRAMES, CODE.data_size), np.uint8)
    drawn[:, -2:] = crc16_batch(drawn[:, :-2]).astype(">u2").view(np.uint8).reshape(FRAMES, 2)
    drawn[SPOILT, 0] ^= 1
    return drawn


def damage(blocks: Octets, wrong: int) -> None:
    """Damage `wrong` symbols of every codeword, at different places in each."""
    random = np.random.default_rng(2)
    symbols = blocks.reshape(FRAMES, SYMBOLS, CODE.interleave)
    places = np.argsort(random.random(symbols.shape), axis=1)[:, :wrong]
    received = np.take_along_axis(symbols, places, axis=1) ^ random.integers(1, 256, places.shape, np.uint8)
    np.put_along_axis(symbols, places, received, axis=1)


def stream(sent: Octets, wrong: int) -> bytes:
    """The frames as they are received, three bits late."""
    blocks = CODE.encode(sent)
    plain = blocks.copy()
    randomise(blocks, Code.TM255)
    assert (blocks != plain).any(axis=1).all()
    damage(blocks, wrong)
    marker = np.frombuffer(MARKER.to_bytes(4, "big"), np.uint8)
    units = np.hstack([np.broadcast_to(marker, (FRAMES, 4)), blocks])
    return np.packbits(np.pad(np.unpackbits(units), (3, 5))).tobytes()


def receive(octets: bytes) -> tuple[Octets, NDArray[np.int8], NDArray[np.bool_]]:
    """Frames, the symbols corrected in each codeword, and whether each frame's CRC is right."""
    blocks = align_all(octets, find_markers(octets, MARKER), CODE.block_size)
    randomise(blocks, Code.TM255)
    data, corrected = CODE.decode(blocks)
    return data, corrected, crc16_batch(data) == 0


def rows() -> Iterator[Row]:
    sent, wrong = frames(), 8
    octets = stream(sent, wrong)
    for level in supported_levels():
        with at_level(level):
            data, corrected, good = receive(octets)
            assert np.array_equal(data, sent), level
            assert np.array_equal(good, np.arange(FRAMES) != SPOILT), level
            assert (corrected == wrong).all(), level
            yield alone(
                f"receive chain, I = 5, {wrong} errors a codeword", partial(receive, octets),
                amount=len(octets) / 1e9, unit="GB/s", promise=1.0)  # fmt: skip
