"""`skyrack update make` and `delta`: the files to send."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from hal.linux.whole_file import whole_file
from kernels.usage import given, read_file
from skyrack.commands.update.planning import kilobytes, read_bundles
from skyrack.options.bundle_files import BUNDLE_OCTETS_MAX, KEY_OCTETS_MAX, check_place, public_key_in

if TYPE_CHECKING:
    from ground.updates.making import UpdateFile


def write_bundle(options: argparse.Namespace) -> None:
    """Write the signed bundle of an image of software."""
    from ground.updates.making import software_bundle
    from link.bundles.keys import public_half

    key, image = read_file(options.key, KEY_OCTETS_MAX), read_file(options.image, BUNDLE_OCTETS_MAX)
    with given(options.key):
        public_half(key)
    with given(options.image):
        made = software_bundle(options.name, options.software_version, image, key)
    _write(options.out, made)


def write_delta(options: argparse.Namespace) -> None:
    """Write the signed delta that makes a bundle of another one."""
    from ground.updates.making import delta_bundle
    from link.bundles.keys import public_half

    key = read_file(options.key, KEY_OCTETS_MAX)
    with given(options.key):
        public_half(key)
    new, base = read_bundles(options)
    with given(options.bundle):
        made = delta_bundle(new, base, key, [public_key_in(path) for path in options.trust])
    _write(options.out, made)


def _write(out: Path, made: "UpdateFile") -> None:
    check_place(out)
    with whole_file(out) as file:
        file.write(made.octets)
    print(f"{out}: {made.contents.name} {made.contents.version}, {kilobytes(len(made.octets))}")
