"""All faces with arguments that they take, and what may be put in the place of each: nothing of it may be believed.

Run as a program, it tries all of it: `python -O -m tests.kernels.hostile`. What it finds is printed, a line each.
"""

import sys
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

from kernels import speed
from kernels.coding import bch, crc, erasure, fields, ldpc, packets, randomise, reed_solomon, secded, sync, viterbi
from kernels.errors import CorruptError
from kernels.imaging import calibrate, disk, image, lee
from kernels.inference import nets, trees
from kernels.inference.graph import Graph, Layer, LayerKind, Rounding
from kernels.science import channelize, shallow_water

REFUSALS = (TypeError, ValueError, CorruptError)
NUMBERS = (
    -1,
    -(2**31),
    -(2**63),
    2**31,
    2**32 + 2,
    2**63,
    2**64,
    10**30,
    1.5,
    float("nan"),
    float("inf"),
    -1e300,
    1e-60,
)
THINGS = (None, "1", b"", [], [1], {}, object(), True)
WIDER = {"u": np.int64, "i": np.int64, "f": np.float64, "c": np.complex128, "b": np.int64}


class Face(NamedTuple):
    """A call and what it takes; `call` gives back what can be compared: what it returned, or what it wrote."""

    name: str
    call: Callable[..., Any]
    given: dict[str, Any]


def octets(*shape: int) -> Any:
    return np.random.default_rng(3).integers(0, 256, shape, np.uint8)


def floats(*shape: int) -> Any:
    return np.random.default_rng(3).standard_normal(shape).astype(np.float32)


def in_place(call: Callable[..., Any]) -> Callable[..., Any]:
    """What a face leaves in its first argument."""

    def run(first: Any, **others: Any) -> Any:
        call(first, **others)
        return first

    return run


def quantised(step: Any, zero: Any, scales: Any, weights: Any, bias: Any) -> Any:
    node = Layer(
        kind=LayerKind.QUANTISED, inputs=(0,), size=1, stride=1, outputs=2, weights=weights, bias=bias,
        rounding=Rounding(step, zero, scales),
    )  # fmt: skip
    return nets.Network(Graph((0, 0, 3), (node,))).run(np.ones((2, 2, 3), np.float32))


def convolved(image: Any, size: Any, stride: Any, outputs: Any, weights: Any, bias: Any, pad: Any, source: Any) -> Any:
    node = Layer(
        kind=LayerKind.CONVOLUTION, inputs=(source,), size=size, stride=stride, padding=(pad, 0, 0, 0), outputs=outputs,
        weights=weights, bias=bias,
    )  # fmt: skip
    return nets.Network(Graph((0, 0, 3), (node,))).run(image)


def band(state: Any, steps: Any, **grid: Any) -> Any:
    shallow_water.ShallowWater(shallow_water.Grid(**grid)).run(state, steps)
    return state


GRID = {"rows": 4, "cols": 6, "south_deg": 0.0, "row_deg": 1.0, "col_deg": 1.0, "step_s": 60.0, "depth_m": 100.0}
FOREST = speed._forest(2, 3)
CODE, LDPC = reed_solomon.ReedSolomon(interleave=2), ldpc.Ldpc.TC_128
SHARDS, MASK = octets(6, 40), octets(9, 11) % 2
COMPLEX = floats(4, 128).view(np.complex64)
TABLE = np.array([(0, 2, 4, 12, fields.UNSIGNED, 2)], fields.FIELD)
PACKET = bytes.fromhex("0803c0000003abcd")
RING = np.array([[0, 0], [0, 2], [2, 2], [2, 0]], np.int32)
COLUMN = {"feature": 1, "limits": np.array([0.0, 1.0]), "missing": 2, "inside": None}


def of_links() -> Iterator[Face]:
    yield Face("bch_encode", bch.bch_encode, {"data": bytes(14)})
    yield Face("bch_decode", bch.bch_decode, {"codeblocks": bytes(16)})
    yield Face("crc16", crc.crc16, {"octets": bytes(9), "initial": 1})
    yield Face("crc32c", crc.crc32c, {"octets": bytes(9), "initial": 1})
    yield Face("crc16_batch", crc.crc16_batch, {"frames": octets(3, 40)})
    yield Face("crc32c_batch", crc.crc32c_batch, {"frames": octets(3, 40)})
    ranges = {"offsets": np.array([0, 3]), "lengths": np.array([4, 2])}
    yield Face("crc16_ranges", crc.crc16_ranges, {"octets": bytes(9), **ranges})
    yield Face("ReedSolomon.encode", CODE.encode, {"data": octets(3, CODE.data_size)})
    yield Face("ReedSolomon.decode", CODE.decode, {"blocks": octets(3, CODE.block_size)})
    sizes = {"parity": 32, "interleave": 1, "virtual_fill": 0}
    yield Face("ReedSolomon", lambda **k: reed_solomon.ReedSolomon(**k).encode(octets(1, 223)), sizes)
    yield Face("Ldpc.encode", LDPC.encode, {"data": octets(3, 8)})
    yield Face("Ldpc.decode", LDPC.decode, {"soft": octets(3, 128), "iterations_max": 5})
    yield Face("randomise", in_place(randomise.randomise), {"first": octets(3, 40), "code": randomise.Code.TC})
    yield Face("randomised", randomise.randomised, {"octets": bytes(9), "code": randomise.Code.TC})
    marker = {"marker": 0x1ACFFC1D, "width": 32, "errors": 2}
    yield Face("find_markers", sync.find_markers, {"octets": octets(90).tobytes(), **marker})
    yield Face("align", sync.align, {"octets": bytes(range(9)), "bit_offset": 3, "size": 2})
    hits = np.array([(3, 0, False), (9, 1, True)], sync.HIT)
    yield Face("align_all", sync.align_all, {"octets": octets(90).tobytes(), "hits": hits, "size": 8, "skip": 32})
    yield Face("ConvolutionalEncoder", lambda octets: viterbi.ConvolutionalEncoder().encode(octets), {"octets": b"ab"})
    yield Face("ViterbiDecoder", lambda rate, soft: decoded(rate, soft), {"rate": "3/4", "soft": octets(80)})
    yield Face("punctured", viterbi.punctured, {"symbols": bytes(6), "rate": "2/3"})
    found = {"apids": [3, 4], "size_max": 100, "prefix": 0}
    yield Face("find_packets", packets.find_packets, {"octets": PACKET, **found})
    table = {"octets": bytes(range(9)), "offsets": np.array([0, 3]), "fields": TABLE}
    yield Face("read_fields", fields_out, {**table, "out": np.zeros(4, np.uint8)})
    yield Face("erasure_encode", in_place(erasure.erasure_encode), {"first": SHARDS, "parity": 2})
    repaired = {"first": SHARDS, "present": np.arange(6) > 1, "parity": 2}
    yield Face("erasure_repair", in_place(erasure.erasure_repair), repaired)
    yield Face("secded_encode", secded.secded_encode, {"data": octets(24)})
    yield Face("secded_scrub", secded.secded_scrub, {"data": octets(24), "checks": octets(3)})
    yield Face("vote3", secded.vote3, {"a": octets(24), "b": octets(24), "c": octets(24)})


def of_images() -> Iterator[Face]:
    flat = {"dark": np.zeros(4, np.float32), "gain": np.ones(4, np.float32)}
    yield Face("calibrate_raw12", calibrate.calibrate_raw12, {"packed": octets(2, 6), **flat})
    yield Face("disk_mean", disk.disk_mean, {"image": floats(5, 7), "radius": 2})
    yield Face("disk_dilate", disk.disk_dilate, {"mask": MASK, "radius": 2})
    yield Face("lee7", lee.lee7, {"image": floats(5, 7), "noise_variance": 2.0})
    bands = {"a": octets(5, 7).astype(np.uint16), "b": octets(5, 7).astype(np.uint16)}
    yield Face("normalised_difference", image.normalised_difference, bands)
    bands = {"green": octets(5, 7), "swir1": octets(5, 7)[::-1].copy()}
    yield Face("water_mask", image.water_mask, {**bands, "threshold": 0.1})
    yield Face("clean_mask", image.clean_mask, {"mask": MASK, "smallest_px": 3})
    yield Face("components", image.components, {"mask": MASK})
    yield Face("encode_outlines", image.encode_outlines, {"mask": MASK})
    drawn = {"octets": image.encode_outlines(MASK), "rows": 9, "cols": 11}
    yield Face("decode_outlines", lambda octets, rows, cols: image.decode_outlines(octets, (rows, cols)), drawn)
    filled = {"ring": RING, "rows": 9, "cols": 11}
    yield Face("rasterise", lambda ring, rows, cols: image.rasterise([[ring]], (rows, cols)), filled)
    yield Face("encode_runs", image.encode_runs, {"mask": MASK})
    run = {"octets": image.encode_runs(MASK), "rows": 9, "cols": 11}
    yield Face("decode_runs", lambda octets, rows, cols: image.decode_runs(octets, (rows, cols)), run)


def of_models() -> Iterator[Face]:
    yield Face("Trees", lambda octets: trees.Trees(octets).levels, {"octets": FOREST})
    yield Face("Trees.sums", trees.Trees(FOREST).sums, {"codes": octets(4, 9)})
    yield Face("logistic", trees.logistic, {"values": floats(9)})
    column = trees.CodedColumn
    yield Face(
        "quantise", lambda values, **k: trees.quantise(values, [column(**k)]), {"values": floats(3, 9), **COLUMN}
    )
    one = np.arange(65536, dtype=np.float32)
    tables = {"values": one, "numbers": octets(3, 8).view(np.uint16).copy(), **COLUMN}
    yield Face(
        "CodeTables", lambda values, numbers, **k: trees.CodeTables([column(**k)], values).codes(numbers), tables
    )
    layer = {
        "size": 1,
        "stride": 1,
        "outputs": 2,
        "weights": floats(1, 1, 3, 2),
        "bias": floats(2),
        "pad": 0,
        "source": 0,
    }
    yield Face("Network", convolved, {"image": floats(4, 5, 3), **layer})
    eight = {"weights": octets(1, 1, 3, 2).view(np.int8), "bias": floats(2)}
    yield Face("Network, quantised", quantised, {"step": 0.5, "zero": 3, "scales": np.ones(2, np.float32), **eight})
    yield Face("ShallowWater", band, {"state": floats(3, 4, 6), "steps": 2, **GRID})
    yield Face("shallow_water.checks", shallow_water.checks, {"state": floats(3, 4, 6)})
    stream = {"taps": channelize.low_pass(), "samples": COMPLEX.ravel()}
    yield Face("Channelizer", lambda taps, samples: channelize.Channelizer(taps).push(samples), stream)
    yield Face("low_pass", channelize.low_pass, {"beta": 9.0})
    limits = {"threshold": np.ones(64, np.float32), "gap_max_frames": 1, "length_min_frames": 1}
    yield Face("BurstDetector", bursts, {"frames": COMPLEX, **limits})
    yield Face("fft64", channelize.fft64, {"samples": COMPLEX})
    yield Face("noise_floor", channelize.noise_floor, {"frames": COMPLEX})
    power = {"power": np.zeros(64), "frames": COMPLEX}
    yield Face("add_power", lambda power, frames: (channelize.add_power(frames, power), power)[1], power)


def decoded(rate: Any, soft: Any) -> bytes:
    decoder = viterbi.ViterbiDecoder(rate)
    return decoder.decode(soft) + decoder.finish()


def bursts(frames: Any, **limits: Any) -> Any:
    detector = channelize.BurstDetector(limits.pop("threshold"), **limits)
    return detector.push(frames), detector.finish()


def fields_out(out: Any, **others: Any) -> Any:
    fields.read_fields(**others, out=out)
    return out


def faces() -> Iterator[Face]:
    yield from of_links()
    yield from of_images()
    yield from of_models()


def in_place_of(value: Any) -> Iterator[tuple[str, Any]]:
    """What may stand where a face takes `value`, with a name."""
    yield from ((repr(thing), thing) for thing in (*NUMBERS, *THINGS))
    if isinstance(value, bytes):
        yield from (("every other octet", memoryview(value)[::2]), ("cut", value[:-1]), ("floats", np.ones(3)))
    if isinstance(value, np.ndarray):
        yield from arrays_like(value)


def arrays_like(value: Any) -> Iterator[tuple[str, Any]]:
    """The same numbers in memory of another order, and arrays that are not the same."""
    unaligned = np.empty(value.nbytes + 1, np.uint8)[1:].view(value.dtype).reshape(value.shape)
    unaligned[...] = value
    read_only = value.copy()
    read_only.flags.writeable = False
    yield from (("unaligned", unaligned), ("read-only", read_only), ("Fortran", np.asfortranarray(value)))
    yield "apart", np.repeat(value, 2, axis=-1)[..., ::2]
    yield from (("backwards", value[::-1]), ("rows alike", np.broadcast_to(value[:1], value.shape)))
    yield from (("one row", value[0][None]), ("no rows", value[:0]), ("a row less", value[:-1].copy()))
    yield from (("an axis more", value[None]), ("an axis less", value[0]), ("0-d", np.array(1, np.uint8)))
    if value.dtype.names is None:
        yield "other octets first", value.astype(value.dtype.newbyteorder())
        yield "wider", value.astype(WIDER[value.dtype.kind])
        yield "objects", value.astype(object)
        yield "far away", value.astype(np.int64 if value.dtype.kind in "iu" else value.dtype) + 2**32
        yield "not numbers", value * (np.nan if value.dtype.kind in "fc" else 1)
        yield "infinite", np.full_like(value, np.inf) if value.dtype.kind in "fc" else value


def plain(value: Any) -> Any:
    """The same numbers as C has them, the one thing that a face cannot get wrong."""
    return np.require(value, requirements=["C", "A", "W"]).copy() if isinstance(value, np.ndarray) else value


def attempt(face: Face, given: dict[str, Any]) -> Any:
    """What comes of it: ("refused", type), ("gave", octets of the answer) or ("failed", what was raised)."""
    try:
        with np.errstate(all="ignore"):
            return "gave", octets_of_answer(face.call(**given))
    except REFUSALS as error:
        return "refused", type(error).__name__
    except Exception as error:
        return "failed", f"{type(error).__name__}: {error}"


def octets_of_answer(answer: Any) -> Any:
    if isinstance(answer, np.ndarray):
        return answer.shape, answer.tobytes()
    if isinstance(answer, list | tuple):
        return [octets_of_answer(part) for part in answer]
    return answer


def complaints(face: Face) -> Iterator[str]:
    """Where a face fails, or gives another answer than for the same numbers laid out plainly."""
    usual = {name: plain(value) for name, value in face.given.items()}
    if (first := attempt(face, usual))[0] != "gave":
        yield f"{face.name}: {first[1]}"
    for name, value in face.given.items():
        for what, hostile in in_place_of(plain(value)):
            same = plain(hostile)  # before the face writes to it
            usual = {other: plain(value) for other, value in face.given.items()}
            found = attempt(face, {**usual, name: hostile})
            if found[0] == "refused":
                continue
            usual = {other: plain(value) for other, value in face.given.items()}
            wanted = attempt(face, {**usual, name: same})
            if found[0] == "failed" or found != wanted:
                yield f"{face.name}({name} = {what}): {found[1] if found[0] == 'failed' else 'another answer'}"


if __name__ == "__main__":
    lines = [line for face in faces() for line in complaints(face)]
    print(*lines, sep="\n")
    sys.exit(bool(lines))
