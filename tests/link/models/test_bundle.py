"""Bundles: what is signed comes back, and nothing else is taken for a bundle."""

import gzip
import json
import random
import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from ground.models.lightgbm import read_lightgbm
from link.bundles.envelope import key_name
from link.bundles.keys import new_private_key, public_key, sign
from link.errors import DecodeError
from link.models.bundle import Bundle, read_manifest
from link.models.manifest import FREE, Manifest, WorkerLimits
from tests.link.models.bundles import CONTRACT, FOREST, GIVEN, PRIVATE, PUBLIC, WANTED, bundle

DATA = Path(__file__).parents[4] / "shared" / "data" / "eo"
OCTETS = bundle().encode(PRIVATE)


def test_decode_inverts_encode():
    decoded = Bundle.decode(OCTETS, [PUBLIC])
    assert decoded == bundle()
    assert decoded.part("forest") == FOREST.encode()
    assert np.array_equal(decoded.golden[0], GIVEN)
    assert np.array_equal(decoded.golden[1], WANTED)


def test_equal_contents_and_key_are_equal_files():
    assert bundle().encode(PRIVATE) == OCTETS
    assert read_manifest(OCTETS) == (key_name(PUBLIC).hex(), bundle().manifest)


def damaged(octets, changes, seed):
    """Copies with one flipped bit, and copies that are cut."""
    dice = random.Random(seed)
    for _ in range(changes):
        bit = dice.randrange(8 * len(octets))
        yield octets[: bit // 8] + bytes([octets[bit // 8] ^ 1 << bit % 8]) + octets[bit // 8 + 1 :]
        yield octets[: dice.randrange(len(octets))]


def test_no_bit_may_change_and_no_octet_miss():
    for changed in damaged(OCTETS, 300, 1):
        with pytest.raises(DecodeError):
            Bundle.decode(changed, [PUBLIC])


@pytest.mark.slow
@pytest.mark.skipif(not DATA.is_dir(), reason="the shared Earth-observation data are not here")
def test_ten_thousand_damages_of_the_real_cloud_model_are_all_refused():
    text = gzip.decompress((DATA / "s2cloudless_lightgbm_v0.1.txt.gz").read_bytes()).decode()
    taken = replace(CONTRACT.input, shape=(10, FREE, FREE), bands=())
    golden = (np.zeros((10, 32, 32), np.uint16), np.zeros((32, 32)))
    whole = bundle(weights=read_lightgbm(text).encode(), contract=replace(CONTRACT, input=taken), golden=golden).encode(
        PRIVATE
    )
    assert len(whole) <= 1.4e6
    for changed in damaged(whole, 5000, 2):
        with pytest.raises(DecodeError):
            Bundle.decode(changed, [PUBLIC])
    Bundle.decode(whole, [PUBLIC])


@given(st.binary(max_size=200), st.booleans())
def test_decode_is_total(octets, genuine):
    """Whatever the octets are; half of them with a head that leads further."""
    head = struct.pack("<4s8sI", b"SRB1", key_name(PUBLIC), len(octets)) if genuine else b""
    with pytest.raises(DecodeError):
        Bundle.decode(head + octets + bytes(64), [PUBLIC])


@given(st.binary(max_size=60), st.integers(0, 400))
def test_a_signed_manifest_is_read_with_care_all_the_same(garbage, at):
    """The signer may be mistaken: what is wrong with a manifest is said, not raised from within."""
    manifest = bundle().manifest.encode()
    manifest = manifest[:at] + garbage + manifest[at + len(garbage) :]
    signed = struct.pack("<4s8sI", b"SRB1", key_name(PUBLIC), len(manifest)) + manifest
    parts = b"".join(bundle().parts.values())
    try:
        decoded = Bundle.decode(signed + sign(PRIVATE, signed) + parts, [PUBLIC])
    except DecodeError:
        return
    assert decoded.manifest.encode() == manifest


def test_only_trusted_keys_count():
    other = public_key(new_private_key())
    with pytest.raises(DecodeError, match=f"expected {key_name(other).hex()}"):
        Bundle.decode(OCTETS, [other])
    with pytest.raises(DecodeError, match="there are none"):
        Bundle.decode(OCTETS, [])
    assert Bundle.decode(OCTETS, [other, PUBLIC]) == bundle()


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"name": "../up"}, "manifest: .*name"),
        ({"limits": WorkerLimits(timeout_s=0, memory_octets=1)}, "manifest: .*timeout_s"),
        ({"golden": (GIVEN[:1], WANTED)}, "golden input: 6 octets of uint16"),
        ({"golden": (GIVEN, WANTED.astype(np.float32))}, "golden output: 12 octets of float64"),
        ({"weights": FOREST.encode()[:-1]}, "octets needed"),
        ({"weights": FOREST.encode()[:-1] + b"?"}, "not a valid forest"),
        ({"weights": b"?" * 40}, "not a forest"),
    ],
)
def test_what_breaks_a_rule_is_not_made(changes, sentence):
    with pytest.raises(ValueError, match=sentence):
        bundle(**changes)


def test_a_manifest_has_one_form():
    octets = bundle().manifest.encode()
    assert Manifest.decode(octets).encode() == octets
    with pytest.raises(DecodeError, match="canonical form"):
        Manifest.decode(json.dumps(json.loads(octets)).encode())
    with pytest.raises(DecodeError, match="parts"):
        Manifest.decode(octets.replace(b'"golden-input"', b'"golden-inside"'))
