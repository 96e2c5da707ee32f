"""Bundles of software to update with."""

import hashlib

from link.bundles.deltas import make_delta
from link.bundles.keys import new_private_key, public_key
from link.bundles.software import make_software
from tests.link.models.bundles import bundle as model_bundle

NAME = "coastwatch"
PRIVATE, STRANGER = new_private_key(), new_private_key()
KEYS = (public_key(PRIVATE),)


def software(version, key=PRIVATE, name=NAME, image=None):
    """A signed bundle; its image begins like those of all others."""
    return make_software(name, version, image or b"print('flying')\n" * 8 + version.encode()).encode(key)


def model(version, key=PRIVATE, name=NAME, **said):
    """A signed bundle of a small model."""
    return model_bundle(name=name, version=version, **said).encode(key)


def delta(version, new, base=b"", key=PRIVATE):
    """A signed delta that makes `new` of `base`."""
    return make_delta(NAME, version, new, base).encode(key)


def sha256(octets):
    return hashlib.sha256(octets).hexdigest()
