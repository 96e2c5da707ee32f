"""Files of signed bundles and of keys, as commands take them."""

from pathlib import Path

from kernels.usage import UsageError, given, read_file, shown

BUNDLE_OCTETS_MAX, KEY_OCTETS_MAX = 256 << 20, 1 << 16


def check_place(out: Path) -> None:
    """Raises UsageError if a bundle would overwrite a file that is not a bundle, such as a model or a key."""
    from link.bundles.envelope import unverified_head
    from link.errors import DecodeError

    try:
        unverified_head(read_file(out, BUNDLE_OCTETS_MAX))
    except FileNotFoundError:
        return
    except (DecodeError, UsageError):
        raise UsageError(f"{shown(out)} is there and is no bundle: --out gives another name") from None


def public_key_in(path: Path) -> bytes:
    """The public key (32 octets) in a file of a key, PEM. Raises OSError, or UsageError naming the file."""
    from link.bundles.keys import public_key

    octets = read_file(path, KEY_OCTETS_MAX)
    with given(path):
        return public_key(octets)
