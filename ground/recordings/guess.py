"""Guesses of the options for a recording: how plausible a way of reading it is, and which one is the most plausible.

A reading is plausible where few octets are left over and counts are consecutive: in other octets, a count follows the
one before by chance only in one of 16384 packets, or 256 frames.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from ground.recordings.frames.framing import FrameKind, Framing
from ground.recordings.frames.tc_intake import TcFraming
from ground.recordings.recording import Reception, read_recording
from kernels.coding.crc import crc16_batch
from kernels.coding.sync import find_markers
from link.coding.cltu import START
from link.coding.tm import ASM, TmDecoder
from link.managed import Managed, TmChannel

SAMPLE_OCTETS = 1 << 18
PLAUSIBLE, _PLAUSIBLE_FRAMES = 0.5, 0.35
"""Scores below which a reading as bare packets, or as frames of any content, is not plausible."""
_WELL = 0.8
_DOUBT = 0.01  # subtracted for each option, because the reading with the fewest options is preferred
_UNITS = 12  # units that are decoded to try a code
_CORRECTED_MIN = 0.15  # share of them that must decode; noise decodes once in millions
_FECF_MIN = 0.1
_FRAME_OCTETS_MAX, _FRAME_OCTETS_MIN = 4096, 24
_ROWS = 48
_PARITIES, _INTERLEAVES = (32, 16), (1, 2, 3, 4, 5, 8)
_PACKETS_MIN = 3  # packets behind prefixes; one or two are found in any octets
_PREFIXES = (4, 8, 2, 1, 6, 10, 12, 16, 20, 24, 32)
_INSERTS = (0, 1, 2, 4, 6, 8, 10, 12, 16, 32)
_IDENTITY: dict[FrameKind, tuple[int, int]] = {
    "tm": (0xFFF0, 0x0000),
    "aos": (0xFFC0, 0x4000),
    "uslp": (0xFFFF, 0xC000),
}
"""Masks of a frame's first two octets: the bits that are equal in all frames of a spacecraft, and the version bits."""
_VERSION_BITS = {"tm": 0xC000, "aos": 0xC000, "uslp": 0xF000}


@dataclass(frozen=True, slots=True)
class Guess:
    """A way of reading a recording: the options of `skyrack decode`, and how plausible they are, 0..1."""

    options: str
    score: float

    @property
    def is_plausible(self) -> bool:
        """Whether the score is high enough to propose these options."""
        return self.score > (_PLAUSIBLE_FRAMES if "--frames" in self.options else PLAUSIBLE)


_NO_CODE = Guess("--frames tm, aos or uslp --frame-octets N --cadu", 0.0)


@dataclass(frozen=True, slots=True)
class MarkedFrames:
    """Sync markers `octets` apart, the first at octet `start`; -1 where they are not aligned to octets."""

    start: int
    octets: int


def score_of(reception: Reception) -> float:
    """Plausibility, 0..1, that octets were received in their true form, from the counters of the reception."""
    account = reception.account()
    read = 1 - account["octets_skipped"] / max(reception.octets, 1)
    sources = [row for row in account["sources"] if row["apid"] != 2047]
    packets = following(sources, "packets")
    frames = account["frames"]
    if not frames:
        return float(read * packets) if account["packets"] else 0.0
    if not frames["frames"]:
        return 0.0
    good = 1 - frames["bad"] / frames["frames"]
    dropped = sum(row["octets_dropped"] for row in frames["channels"]) / max(reception.octets, 1)
    inside = 0.5 * max(1 - dropped, 0) + 0.1 * packets * (account["packets"] > 0)  # frames may carry something else
    return float(read * good * following(frames["channels"], "frames") * (0.4 + inside))


def following(rows: list[dict[str, int]], name: str) -> float:
    """Share of the units whose count follows that of the one before in their row. A row of mostly duplicates is fill,
    such as zeros read as packets, and counts as unconnected.
    """
    units, alive = sum(row[name] for row in rows), [row for row in rows if 2 * row["duplicates"] <= row[name]]
    follow = sum(row[name] - 1 - row["gaps"] - row["restarts"] for row in alive)
    return max(follow + 1, 0) / (units + 1) if alive or not rows else 0.0


def markers(octets: bytes | memoryview) -> MarkedFrames | None:
    """Sync markers at equal distances; None if there are none."""
    sample = bytes(octets[:SAMPLE_OCTETS])
    bits = find_markers(sample, ASM, errors=0)["bit"]
    if len(bits) == 1 and not bits[0] and len(octets) >= _FRAME_OCTETS_MIN:
        return MarkedFrames(0, len(octets))
    distances = Counter(np.diff(bits).tolist())
    if not distances:
        return None
    bits_apart, often = distances.most_common(1)[0]
    if bits_apart % 8 or bits_apart // 8 < _FRAME_OCTETS_MIN or 2 * often < len(bits) - 1:
        return None
    return MarkedFrames(int(bits[0]) // 8 if not bits[0] % 8 else -1, bits_apart // 8)


def coded(octets: bytes | memoryview) -> Guess | None:
    """Options for coded units behind sync markers, with those of their frames; None without markers."""
    marked = markers(octets)
    if marked is None:
        return None
    sample = bytes(octets[: (_UNITS + 1) * marked.octets])
    best, best_score = _NO_CODE, 0.0
    for managed, words in _codes(marked.octets - 4):
        decoder = TmDecoder(managed)
        frames = decoder.feed(sample) + decoder.finish()
        share = len(frames) * marked.octets / len(sample)
        if share > _CORRECTED_MIN:
            rows = np.frombuffer(b"".join(frames), np.uint8).reshape(-1, managed.tm_frame_octets)
            inside = _frames_of(rows)
            if share + inside.score > best_score:
                best, best_score = Guess(f"{inside.options} --cadu{words}", inside.score), share + inside.score
    if best_score or marked.start < 0:
        return best if best_score else _NO_CODE
    whole = (len(sample) - marked.start) // marked.octets
    rows = np.frombuffer(sample[marked.start : marked.start + whole * marked.octets], np.uint8)
    rows = rows.reshape(whole, marked.octets)[:, 4:]
    skip = f" --skip {marked.start}" if marked.start else ""
    bare = _frames_of(rows)
    return Guess(f"{bare.options} --prefix 4{skip}", bare.score) if bare.is_plausible else _NO_CODE


def _codes(unit_octets: int) -> Iterator[tuple[Managed, str]]:
    """Codes whose units have this many octets behind the marker, and their options."""
    for parity, interleave in product(_PARITIES, _INTERLEAVES):
        size = unit_octets - parity * interleave
        if not (_FRAME_OCTETS_MIN <= size <= min(interleave * (255 - parity), 2048)) or size % interleave:
            continue
        for randomiser, dual in product(("255", "none", "131071"), (True, False)):
            managed = Managed(
                spacecraft_id=0, tm_channels=(TmChannel(name="any", vc=0),), tm_frame_octets=size, fecf=False,
                rs_parity=parity, interleave=interleave, dual_basis=dual, randomise=randomiser != "none",
                long_randomiser=randomiser == "131071",
            )  # fmt: skip
            words = f" --rs {parity}" * (parity != 32) + f" --interleave {interleave}"
            words += " --conventional" * (not dual) + f" --randomiser {randomiser}" * (randomiser != "255")
            yield managed, words


def _frames_of(rows: NDArray[np.uint8]) -> Guess:
    """Options for frames of one length."""
    words = rows[:, 0].astype(np.int64) << 8 | rows[:, 1]
    kinds: list[FrameKind] = ["tm", "aos", "uslp"]
    kind = max(kinds, key=lambda one: int((words & _VERSION_BITS[one] == _IDENTITY[one][1]).sum()))
    octets, best = np.ascontiguousarray(rows), Guess("", -1.0)
    for framing in _framings(kind, octets):
        score = _score(octets.tobytes(), framing)
        options = _options(framing)
        if score - _DOUBT * options.count("--") > best.score:
            best = Guess(options, score - _DOUBT * options.count("--"))
    return best


def _framings(kind: FrameKind, rows: NDArray[np.uint8]) -> Iterator[Framing]:
    """Possible framings. A FECF that is right in some frames is in all: noise passes as one in one of 65536 frames."""
    inserts = (0,) if kind == "tm" else _INSERTS
    ocfs = (False, True) if kind == "aos" else (False,)
    fecf = bool((crc16_batch(rows) == 0).sum() > _FECF_MIN * len(rows))
    for ocf, insert in product(ocfs, inserts):
        with suppress(ValueError):  # nothing would be left in frames as short as that
            yield Framing(kind=kind, octets=rows.shape[1], fecf=fecf, ocf=ocf, insert_octets=insert)


def _score(octets: bytes, framing: Framing | TcFraming | None, prefix: int = 0, *, any_version: bool = False) -> float:
    reception = Reception(framing=framing, prefix_octets=prefix)
    for _ in read_recording(octets, reception, any_version=any_version):
        pass
    return score_of(reception) if framing or not prefix or reception.tally.packets >= _PACKETS_MIN else 0.0


def _options(framing: Framing) -> str:
    words = f"--frames {framing.kind} --frame-octets {framing.octets}"
    words += f" --insert {framing.insert_octets}" * bool(framing.insert_octets) + " --ocf" * framing.ocf
    return words + " --no-fecf" * (not framing.fecf)


def reads_well(octets: bytes | memoryview, prefix: int = 0) -> bool:
    """Whether a recording begins with bare packets of any content, each behind a prefix."""
    return _score(bytes(octets[:SAMPLE_OCTETS]), None, prefix) > _WELL


def likeliest(octets: bytes | memoryview) -> Guess:
    """The most plausible of all known ways of reading a recording."""
    sample = bytes(octets[:SAMPLE_OCTETS])
    found = coded(octets)
    if found and found.is_plausible:
        return found
    return max(_readings(sample), key=lambda guess: guess.score, default=Guess("", 0.0))


def _readings(sample: bytes) -> Iterator[Guess]:
    yield Guess("", _score(sample, None))
    yield Guess("--any-version", 0.95 * _score(sample, None, any_version=True))
    for prefix in _PREFIXES:
        yield Guess(f"--prefix {prefix}", 0.98 * _score(sample, None, prefix))
    for size, kind in _periods(sample):
        rows = np.frombuffer(sample, np.uint8)[: len(sample) // size * size].reshape(-1, size)
        for framing in _framings(kind, rows):
            options = _options(framing)
            yield Guess(options, _score(sample, framing) - _DOUBT * options.count("--"))
    if START in sample[:64]:
        yield Guess("--frames cltu", _score(sample, TcFraming(kind="cltu")))
    for fecf in (True, False):
        if sample[:1] < b"\x40":
            words = "--frames tc" + " --no-fecf" * (not fecf)
            yield Guess(words, _score(sample, TcFraming(kind="tc", fecf=fecf)))


def _periods(sample: bytes) -> Iterable[tuple[int, FrameKind]]:
    """Possible lengths of frames, at which the first octets are those of one spacecraft's frames."""
    octets = np.frombuffer(sample, np.uint8).astype(np.int64)
    sizes = np.arange(_FRAME_OCTETS_MIN, min(_FRAME_OCTETS_MAX, (len(octets) - 2) // 2) + 1)
    if not len(sizes):
        return
    places = sizes[:, np.newaxis] * np.arange(_ROWS)
    there = places + 1 < len(octets)
    places = np.minimum(places, len(octets) - 2)
    words = octets[places] << 8 | octets[places + 1]
    for kind, (mask, version) in _IDENTITY.items():
        first = int(words[0, 0])
        if first & _VERSION_BITS[kind] != version:
            continue
        same = ((words & mask == first & mask) & there).sum(axis=1) / there.sum(axis=1)
        for size in sizes[same > 0.9][:3].tolist():
            yield size, kind
