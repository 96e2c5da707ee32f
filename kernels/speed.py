"""How fast each kernel family is on this board: one typical piece of work a family, in CPU time of one core."""

import struct
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from kernels.coding import bch, crc, erasure, fields, ldpc, packets, randomise, reed_solomon, secded, sync, viterbi
from kernels.imaging import calibrate, disk, image, lee
from kernels.inference import nets, trees
from kernels.inference.graph import Graph, Layer, LayerKind
from kernels.science import channelize, shallow_water

ROUND_NS = 5_000_000
ROUNDS = 5


class TimedWork(NamedTuple):
    """A piece of work: `run` processes `amount` of `unit` ("octet", "bit", "pixel", "sample" or "cell") once."""

    what: str
    amount: int
    unit: str
    run: Callable[[], Any]


def work_of(family: str) -> TimedWork | None:
    """A typical piece of work of a family, its inputs drawn from a fixed seed; None where this module has none yet."""
    maker = globals().get(f"_{family}")
    return maker() if maker else None


def _noise(*shape: int) -> NDArray[np.uint8]:
    return np.random.default_rng(1).integers(0, 256, shape, np.uint8)


def _frames() -> NDArray[np.uint8]:
    return _noise(64, 1115)


def _bch() -> TimedWork:
    blocks = bch.bch_encode(_noise(7000).tobytes())
    return TimedWork("decode 1000 codeblocks", len(blocks), "octet", lambda: bch.bch_decode(blocks))


def _calibrate() -> TimedWork:
    packed, flat = _noise(256, 384), np.ones((256, 256), np.float32)
    return TimedWork("a frame of 256 x 256", flat.size, "pixel", lambda: calibrate.calibrate_raw12(packed, flat, flat))


def _channelize() -> TimedWork:
    samples, channelizer = (
        np.resize(_noise(8 * 65536).view(np.int8), 2 * 65536).astype(np.float32),
        channelize.Channelizer(),
    )
    return TimedWork("64 channels of 8 taps", 65536, "sample", lambda: channelizer.push(samples.view(np.complex64)))


def _crc() -> TimedWork:
    frames = _frames()
    return TimedWork("CRC-16 of 64 frames", frames.size, "octet", lambda: crc.crc16_batch(frames))


def _disk() -> TimedWork:
    share = _noise(256, 256).astype(np.float32)
    return TimedWork("mean of radius 4", share.size, "pixel", lambda: disk.disk_mean(share, radius=4))


def _erasure() -> TimedWork:
    shards = _noise(14, 16384)
    return TimedWork("encode 10 + 4 shards", 10 * 16384, "octet", lambda: erasure.erasure_encode(shards, parity=4))


def _fields() -> TimedWork:
    stream, offsets = _noise(500 * 64).tobytes(), np.arange(500, dtype=np.int64) * 64
    table = np.array([(500 * 2 * i, 2, 16 * i, 16, fields.UNSIGNED, 2) for i in range(32)], fields.FIELD)
    out = np.empty(32 * 500 * 2, np.uint8)
    return TimedWork(
        "32 columns of 500 packets", len(stream), "octet", lambda: fields.read_fields(stream, offsets, table, out)
    )


def _image() -> TimedWork:
    green, swir1 = _noise(256, 256), _noise(256, 256)[::-1].copy()
    return TimedWork("water index and mask", green.size, "pixel", lambda: image.water_mask(green, swir1, threshold=0.0))


def _ldpc() -> TimedWork:
    code = ldpc.Ldpc.AR4JA_1_2_1024
    soft = _noise(64, 8 * code.codeword_size)
    return TimedWork("decode, AR4JA 1/2, 10 iterations", 64 * 1024, "bit", lambda: code.decode(soft, iterations_max=10))


def _lee() -> TimedWork:
    radar = _noise(256, 256).astype(np.float32)
    return TimedWork("filter 7 x 7", radar.size, "pixel", lambda: lee.lee7(radar, noise_variance=100))


def _nets() -> TimedWork:
    weights = _noise(3, 3, 32, 32).astype(np.float32) / np.float32(4096)
    layer = Layer(
        kind=LayerKind.CONVOLUTION, inputs=(0,), size=3, stride=1, padding=(1, 1, 1, 1), outputs=32,
        weights=weights, bias=np.zeros(32, np.float32),
    )  # fmt: skip
    network, scene = nets.Network(Graph((64, 64, 32), (layer,))), _noise(64, 64, 32).astype(np.float32)
    return TimedWork("3 x 3, 32 to 32 channels", 64 * 64, "pixel", lambda: network.run(scene))


def _packets() -> TimedWork:
    rows = _noise(500, 200)
    rows[:, :6] = 0x08, 0x01, 0xC0, 0x00, 0, 200 - 7  # primary headers: telemetry, unsegmented
    rows[:, -2:] = crc.crc16_batch(rows[:, :-2]).astype(">u2").view(np.uint8).reshape(-1, 2)
    stream = rows.tobytes()
    return TimedWork("find 500 packets", len(stream), "octet", lambda: packets.find_packets(stream))


def _randomise() -> TimedWork:
    frames, code = _frames(), randomise.Code.TM255
    return TimedWork("64 telemetry frames", frames.size, "octet", lambda: randomise.randomise(frames, code))


def _reed_solomon() -> TimedWork:
    code = reed_solomon.ReedSolomon(interleave=5)
    blocks = code.encode(_frames())
    return TimedWork("decode 320 clean codewords", blocks.size, "octet", lambda: code.decode(blocks))


def _secded() -> TimedWork:
    memory = _noise(1 << 18)
    checks = secded.secded_encode(memory)
    return TimedWork("scrub 256 KiB", memory.size, "octet", lambda: secded.secded_scrub(memory, checks))


def _shallow_water() -> TimedWork:
    grid = shallow_water.Grid(rows=256, cols=256, south_deg=0, row_deg=0.2, col_deg=0.2, step_s=30, depth_m=5000)
    model = shallow_water.ShallowWater(grid)
    state = model.still()
    state[0] = _noise(256, 256)
    return TimedWork("8 steps of 256 x 256", 8 * 256 * 256, "cell", lambda: model.run(state, 8))


def _sync() -> TimedWork:
    stream = _frames().tobytes()
    return TimedWork(
        "find markers at any bit", len(stream), "octet", lambda: sync.find_markers(stream, 0x1ACFFC1D, errors=3)
    )


def _trees() -> TimedWork:
    forest = _forest(trees=20, depth=9)
    codes, model = _noise(4, 8192), trees.Trees(forest)
    return TimedWork("20 trees of 512 leaves", codes.shape[1], "pixel", lambda: model.sums(codes))


def _forest(trees: int, depth: int) -> bytes:
    """Full trees whose splits take features and levels by turns; see csrc/include/skyrack/trees.h."""
    leaves = 1 << depth
    shape = np.packbits(_full_shape(depth)).tobytes()
    splits = bytes(part for i in range(leaves - 1) for part in (i % 4, i * 37 % 255))
    tree = struct.pack("<H", leaves) + shape + splits + struct.pack(f"<{leaves}d", *range(leaves))
    head = struct.pack("<4sHHIIB", b"SRT2", 4, trees, trees * (2 * leaves - 1), trees * leaves, 0)
    octets = head + b"\xff" * 4 + tree * trees
    return octets + crc.crc32c(octets).to_bytes(4, "little")


def _full_shape(depth: int) -> list[bool]:
    return [True, *_full_shape(depth - 1), *_full_shape(depth - 1)] if depth else [False]


def _viterbi() -> TimedWork:
    soft, decoder = _noise(2 * 8 * viterbi.BLOCK_BITS), viterbi.ViterbiDecoder()
    return TimedWork("decode soft symbols, K = 7", soft.size // 2, "bit", lambda: decoder.decode(soft))


def per_second(work: TimedWork) -> float:
    """`work.unit` per second of CPU time: the best of a few rounds, each long enough for the clock's resolution."""
    calls = max(1, round(ROUND_NS / max(1, _nanoseconds(work.run, 1))))
    return work.amount * calls * 1e9 / min(_nanoseconds(work.run, calls) for _ in range(ROUNDS))


def _nanoseconds(run: Callable[[], Any], calls: int) -> int:
    start = time.thread_time_ns()
    for _ in range(calls):
        run()
    return max(1, time.thread_time_ns() - start)
