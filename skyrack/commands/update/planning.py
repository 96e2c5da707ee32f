"""`skyrack update plan`: what it takes to send a file."""

import argparse
import json
from dataclasses import asdict
from typing import TYPE_CHECKING

from kernels.usage import given, read_file
from skyrack.options.bundle_files import BUNDLE_OCTETS_MAX

if TYPE_CHECKING:
    from ground.updates.plan import Passes, Sending


def print_plan(options: argparse.Namespace) -> None:
    """Print what it takes to send the bundle as it is, packed, and as a delta."""
    from ground.updates.making import delta_octets
    from ground.updates.plan import Passes, sending

    new, base = read_bundles(options)
    passes = Passes(options.rate_bps, options.pass_s, options.passes_a_day)
    with given(options.bundle):
        sizes = {"whole": len(new), "packed": delta_octets(new)}
    if base:
        sizes["delta"] = delta_octets(new, base)
    with given("--frame-octets, --pass-s"):
        target = options.target or target_in(options, new)
        found = {name: sending(size, target, passes, options.frame_octets) for name, size in sizes.items()}
    if options.json:
        said = {name: asdict(one) for name, one in found.items()}
        print(json.dumps({"octets_a_day": round(passes.octets_a_day), **said}))
        return
    print("\n".join(_table(found, passes)))


def _table(found: "dict[str, Sending]", passes: "Passes") -> list[str]:
    day = f"{passes.a_day:g} passes a day of {passes.pass_s:g} s at {passes.rate_bps} bit/s"
    cells = [("", "file", "on the wire", "commands", "passes", "days")]
    for name, one in found.items():
        octets, wire = kilobytes(one.octets), kilobytes(one.wire_octets)
        cells.append((name, octets, wire, str(one.commands), str(one.passes), f"{one.days:.3g}"))
    rows = (f"{name:8}" + "".join(f"{cell:>14}" for cell in rest) for name, *rest in cells)
    return [f"{day}: {kilobytes(passes.octets_a_day)} a day", *rows]


def target_in(options: argparse.Namespace, octets: bytes) -> str:
    """The target that a bundle is for. Raises UsageError for what is no bundle."""
    from link.bundles.contents import target_of
    from link.errors import DecodeError

    with given(options.bundle):
        try:
            return target_of(octets)
        except DecodeError as error:
            raise ValueError(str(error)) from None


def kilobytes(octets: float) -> str:
    """A size for people, in units of 1000 octets."""
    return f"{octets / 1000:.1f} kB"


def read_bundles(options: argparse.Namespace) -> tuple[bytes, bytes]:
    """The bundle, and the one that the node has, b"" where that is not given."""
    base = read_file(options.base, BUNDLE_OCTETS_MAX) if options.base else b""
    return read_file(options.bundle, BUNDLE_OCTETS_MAX), base
