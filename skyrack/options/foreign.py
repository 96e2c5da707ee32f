"""Foreign recordings for `decode`: unpacks them, and suggests options where the given ones do not fit."""

import argparse
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from kernels.usage import given

if TYPE_CHECKING:
    from ground.recordings.recording import Reception
    from ground.recordings.wrappings.units import Unwrapped

_SKIPPED_MAX, _BAD_MAX, _DROPPED_MAX, _FOLLOWING_MIN = 0.02, 0.1, 0.3, 0.5
"""Limits of a plausible reading, as shares: at most of octets skipped, of bad frames, and of octets in frames that
belong to no packet; at least of units whose count follows the one before.
"""
_TAIL_OCTETS = 16  # a remainder this short is not reported
_GAPS_MAX, _GAPS_ALONE = 0.05, "packets are lost, although no frame is"
_BETTER = 0.01  # least gain in quality that justifies one more option
_LISTED, _PACKET_OCTETS_MAX = 8, 65542


def unwrapped(octets: bytes | memoryview, reception: "Reception", options: argparse.Namespace) -> "Unwrapped":
    """The units in a recording. Raises UsageError naming a wrapping that cannot be removed, or the options it needs."""
    from ground.recordings.guess import coded, reads_well
    from ground.recordings.wrappings.unwrap import unwrap

    with given(options.file):
        found = unwrap(octets, fits=lambda unit: _fits(unit, reception), skip=options.skip, port=options.port)
        guess = None if options.frames or options.crc or options.any_version else coded(found.octets)
        if guess and not reads_well(found.octets, options.prefix):
            raise ValueError(f"sync markers stand in it: these are frames and no bare packets; give {guess.options}")
    return found


def _fits(unit: bytes, reception: "Reception") -> bool:
    """Whether a datagram holds a unit of the expected form."""
    from ground.recordings.frames.framing import Framing
    from ground.recordings.recording import holds_packets
    from link.coding.cltu import START
    from link.coding.tm import ASM

    framing = reception.framing
    if framing is None:
        return holds_packets(unit, reception.prefix_octets)
    if isinstance(framing, Framing):
        return ASM.to_bytes(4) in unit if framing.coding else len(unit) % framing.record_octets == 0
    return START in unit if framing.kind == "cltu" else unit[:1] < b"\x40"


def hint_of(octets: bytes | memoryview, reception: "Reception", options: argparse.Namespace) -> str:
    """A sentence if the reading is implausible, with options that fit better; else empty."""
    from ground.recordings.guess import PLAUSIBLE, likeliest, score_of

    if said := _nothing_there(octets, reception, options.skip) or _filtered_out(octets, reception):
        return said
    wrong = _what_is_wrong(reception)
    if not wrong or (options.any_version and reception.tally.packets):
        return ""
    score, guess = score_of(reception), likeliest(octets)
    is_better = guess.is_plausible and guess.score > score + _BETTER
    if is_better and (words := _changes(guess.options, reception, options)):
        return f"{wrong}; this looks like {words}"
    if score > PLAUSIBLE and (said := _cut_off(octets, reception)):
        return said
    if wrong == _GAPS_ALONE:
        return ""
    if reception.framing is None:
        return f"{wrong}; if these are frames, say which with --frames; --prefix, --skip and --crc may help too"
    return f"{wrong}; are --frames, --frame-octets, --no-fecf, --insert and --cadu what they should be?"


def mixed_up(account: Mapping[str, Any], options: argparse.Namespace) -> str:
    """A sentence if a table, which describes one APID, was applied to packets of several."""
    if not (options.dictionary and options.dictionary[0].suffix.lower() == ".csv" and account["kinds"]) or options.apid:
        return ""
    apids = sorted({row["apid"] for row in account["sources"]})
    if len(apids) < 2:
        return ""
    said = f"a table does not say whose packets it is about, and those of APID {_listed(apids)} are read by it"
    return f"{said}: choose with --apid N"


def _nothing_there(octets: bytes | memoryview, reception: "Reception", skip: int) -> str:
    """A sentence if the recording is too short to hold any unit; else empty."""
    unit = _unit_octets(reception)
    if not len(octets):
        return f"--skip {skip} passes over all that is in it" if skip else "the recording is empty"
    return f"{len(octets)} octets are less than one frame, which takes {unit}" if len(octets) < unit else ""


def _changes(words: str, reception: "Reception", options: argparse.Namespace) -> str:
    """Options that explain a recording, if they differ from those given; else empty."""
    from skyrack.options.intake import add_intake_arguments, reception_of

    parser = argparse.ArgumentParser()
    parser.add_argument("--skip", type=int, default=0)
    parser.add_argument("--any-version", action="store_true")
    add_intake_arguments(parser)
    said = parser.parse_args(words.split())
    likelier = reception_of(said)
    if said.skip == 0 and said.any_version == options.any_version and _layout(likelier) == _layout(reception):
        return ""
    kept = f" --skip {options.skip + said.skip}" if options.skip + said.skip else ""
    return words.replace(f" --skip {said.skip}", "") + kept


def _layout(reception: "Reception") -> tuple[object, ...]:
    """All that determines where packets are: the managed parameters without the names."""
    from ground.recordings.frames.framing import Framing

    framing = reception.framing
    if not isinstance(framing, Framing):
        return framing, reception.prefix_octets
    code = framing.coding
    units = code and (code.rs_parity, code.interleave, code.dual_basis, code.randomise, code.long_randomiser)
    return replace(framing, coding=None, bitstreams=frozenset()), units


def _cut_off(octets: bytes | memoryview, reception: "Reception") -> str:
    """A sentence if the remainder is the beginning of one bare packet that the recording's end cut off; else empty."""
    from ground.recordings.recording import Reception, read_recording
    from link.errors import DecodeError
    from link.packets.size import packet_size

    left, prefix = reception.octets_skipped, reception.prefix_octets
    tail = bytes(octets[len(octets) - left :])
    if reception.framing or not reception.tally.packets or left > _PACKET_OCTETS_MAX + prefix:
        return ""
    try:
        size = packet_size(tail, prefix)
    except DecodeError:
        return ""
    before = Reception(prefix_octets=prefix)
    if size is None or prefix + size <= left or not list(read_recording(octets[: len(octets) - left], before)):
        return ""
    return (
        ""
        if before.octets_skipped
        else f"the recording ends within a packet: its last {left} octets are of one of {size}"
    )


def _filtered_out(octets: bytes | memoryview, reception: "Reception") -> str:
    """A sentence if there are packets, but of other APIDs or channels than selected, or without CRC; else empty."""
    from ground.recordings.guess import PLAUSIBLE, SAMPLE_OCTETS, score_of
    from ground.recordings.recording import Reception, read_recording

    if reception.tally.packets or not (reception.apids or reception.vcs or reception.checked):
        return ""
    every = Reception(framing=reception.framing, prefix_octets=reception.prefix_octets)
    batches = list(read_recording(octets[:SAMPLE_OCTETS], every))
    channels = {batch.channel(number) for batch in batches for number in range(len(batch.index))}
    apids, vcs = sorted({row["apid"] for row in every.tally.rows()}), sorted({one.vc for one in channels if one})
    if score_of(every) < PLAUSIBLE or not apids:
        return ""
    if reception.vcs and not set(vcs) & set(reception.vcs):
        return f"no packet on channel {_listed(reception.vcs)}, but on {_listed(vcs)}"
    if reception.apids and not set(apids) & set(reception.apids):
        return f"no packet of APID {_listed(reception.apids)}, but of {_listed(apids)}"
    return "no packet ends in its CRC-16; without --crc there are some" if reception.checked else ""


def _listed(numbers: Iterable[int]) -> str:
    few = list(numbers)
    return ", ".join(map(str, few[:_LISTED])) + ", ..." * (len(few) > _LISTED)


def _what_is_wrong(reception: "Reception") -> str:
    """The first sign that the reading is implausible; empty if there is none."""
    from ground.recordings.guess import following

    account = reception.account()
    frames, skipped = account["frames"], account["octets_skipped"]
    unit = _unit_octets(reception)
    if frames and not frames["frames"]:
        return "no frame"
    if frames and frames["bad"] > _BAD_MAX * frames["frames"]:
        return f"{frames['bad']} of {frames['frames']} frames are bad"
    if not (account["packets"] or account["encapsulated"] or frames):
        return "no packet"
    if skipped > _SKIPPED_MAX * reception.octets and skipped > max(_TAIL_OCTETS, unit - 1):
        return f"{skipped} of {reception.octets} octets are neither packets nor frames"
    if (
        following(frames["channels"] if frames else account["sources"], "frames" if frames else "packets")
        < _FOLLOWING_MIN
    ):
        return "this is not plausible: counts do not follow one another" if frames or skipped else ""
    dropped = sum(row["octets_dropped"] for row in frames["channels"]) if frames else 0
    if dropped > _DROPPED_MAX * reception.octets:
        return f"{dropped} octets in frames belong to no packet"
    gaps = sum(row["gaps"] for row in account["sources"])
    is_whole = frames and not frames["bad"] and not any(row["gaps"] for row in frames["channels"])
    return _GAPS_ALONE if is_whole and gaps > _GAPS_MAX * account["packets"] else ""


def _unit_octets(reception: "Reception") -> int:
    """The octets of a frame with its prefix and coding, if fixed: a recording may end within a frame."""
    from ground.recordings.frames.framing import Framing
    from link.coding.tm import ASM_OCTETS

    framing = reception.framing
    if not isinstance(framing, Framing):
        return 0
    code = framing.coding
    return ASM_OCTETS + framing.octets + code.rs_parity * code.interleave if code else framing.record_octets
