"""Recordings of others as `decode` meets them: what they are wrapped in, and what they look like if not as was said."""

import argparse
from typing import TYPE_CHECKING

from hal.usage import given

if TYPE_CHECKING:
    from link.recording import Reception
    from link.wrappings.units import Unwrapped

_SKIPPED_MAX, _BAD_MAX, _DROPPED_MAX, _FOLLOWING_MIN = 0.02, 0.1, 0.3, 0.5
"""Shares that make a person wonder: of octets that are nothing, frames that are bad, octets in frames that are of no
packet; and of units that follow one another, if they are fewer.
"""
_TAIL_OCTETS = 16  # so few may be left over


def unwrapped(octets: bytes | memoryview, reception: "Reception", options: argparse.Namespace) -> "Unwrapped":
    """What is in a recording. Raises UsageError naming what cannot be undone, or what options it needs."""
    from link.guess import coded, reads_well
    from link.wrappings.unwrap import unwrap

    with given(options.file):
        found = unwrap(octets, fits=lambda unit: _fits(unit, reception), skip=options.skip, port=options.port)
        guess = None if options.frames or options.crc or options.any_version else coded(found.octets)
        if guess and not reads_well(found.octets, options.prefix):
            raise ValueError(f"sync markers stand in it: these are frames and no bare packets; give {guess.options}")
    return found


def _fits(unit: bytes, reception: "Reception") -> bool:
    """Whether a datagram holds what is looked for."""
    from link.cltu import START
    from link.framing import Framing
    from link.recording import holds_packets
    from link.tm_coding import ASM

    framing = reception.framing
    if framing is None:
        return holds_packets(unit, reception.prefix_octets)
    if isinstance(framing, Framing):
        return ASM.to_bytes(4) in unit if framing.coding else len(unit) % framing.record_octets == 0
    return START in unit if framing.kind == "cltu" else unit[:1] < b"\x40"


def hint_of(octets: bytes | memoryview, reception: "Reception") -> str:
    """A sentence where what was read is not plausible, with the options that are likelier; else nothing."""
    from link.guess import likeliest, score_of

    wrong = _what_is_wrong(reception)
    if not wrong:
        return ""
    score, guess = score_of(reception), likeliest(octets)
    if guess.options and guess.score > score + 0.2:
        return f"{wrong}; this looks like {guess.options}"
    if reception.framing is None:
        return f"{wrong}; if these are frames, say which with --frames; --prefix, --skip and --crc may help too"
    return f"{wrong}; are --frames, --frame-octets, --no-fecf, --insert and --cadu what they should be?"


def _what_is_wrong(reception: "Reception") -> str:
    """What makes a person wonder, if anything does."""
    from link.guess import following

    account = reception.account()
    frames, skipped = account["frames"], account["octets_skipped"]
    if frames and not frames["frames"]:
        return "no frame"
    if frames and frames["bad"] > _BAD_MAX * frames["frames"]:
        return f"{frames['bad']} of {frames['frames']} frames are bad"
    if not (account["packets"] or account["encapsulated"] or frames):
        return "no packet"
    if skipped > _SKIPPED_MAX * reception.octets and skipped > _TAIL_OCTETS:
        return f"{skipped} of {reception.octets} octets are neither packets nor frames"
    if (
        following(frames["channels"] if frames else account["sources"], "frames" if frames else "packets")
        < _FOLLOWING_MIN
    ):
        return "this is not plausible: counts do not follow one another" if frames or skipped else ""
    dropped = sum(row["octets_dropped"] for row in frames["channels"]) if frames else 0
    if dropped > _DROPPED_MAX * reception.octets:
        return f"{dropped} octets in frames belong to no packet"
    return ""
