"""Deltas: the new bundle comes out, bit for bit, of the right base and within bounds, or nothing does."""

import random
import tracemalloc

import msgspec
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from link.bundles.contents import bundle_contents, bundle_kind
from link.bundles.deltas import Delta, FileDigest, make_delta
from link.bundles.envelope import digest_of, sha256_of
from link.errors import DecodeError
from tests.link.models.bundles import PRIVATE, PUBLIC

KEYS = (PUBLIC,)
BASE = random.Random(1).randbytes(40_000)
NEW = BASE[:10_000] + b"changed" + BASE[10_000:]
DELTA = make_delta("node", "2", NEW, BASE)
OCTETS_MAX = 100_000


def patched(patch, **changes):
    """The delta with another patch, whose manifest admits to it."""
    said = replace(DELTA.manifest, parts=(digest_of("patch", patch),), **changes)
    return Delta(manifest=said, patch=patch)


def test_decode_inverts_encode():
    octets = DELTA.encode(PRIVATE)
    assert Delta.decode(octets, KEYS) == DELTA
    assert bundle_kind(octets) == "delta"
    with pytest.raises(DecodeError, match="a delta, expected the bundle"):
        bundle_contents(octets, KEYS)
    with pytest.raises(DecodeError):
        Delta.decode(octets[:-1], KEYS)


@given(st.binary(max_size=2000), st.binary(max_size=2000))
@pytest.mark.requirement("FSW-UPD-010")
def test_expand_inverts_make(base, new):
    assert make_delta("node", "2", new, base).expand(base, 2000) == new


def test_a_small_change_makes_a_small_delta():
    assert len(DELTA.encode(PRIVATE)) < 1000
    assert DELTA.expand(BASE, OCTETS_MAX) == NEW


def test_without_a_base_it_is_packed():
    packed = make_delta("node", "2", b"again " * 5000)
    assert packed.manifest.base is None
    assert len(packed.patch) < 100
    assert packed.expand(b"", OCTETS_MAX) == b"again " * 5000


@pytest.mark.parametrize("base", [b"", NEW, BASE[:-1]])
@pytest.mark.requirement("FSW-UPD-010")
def test_another_base_is_refused(base):
    with pytest.raises(DecodeError, match="a delta of another bundle"):
        DELTA.expand(base, OCTETS_MAX)


def test_bounds_are_held_before_anything_is_expanded():
    """A frame that would expand to a gigabyte, of a delta that admits it or not."""
    giant = zstandard.ZstdCompressor().compress(bytes(1 << 30))
    admitted = replace(
        DELTA.manifest, parts=(digest_of("patch", giant),), result=FileDigest(octets=1 << 30, sha256="0" * 64)
    )
    tracemalloc.start()
    try:
        with pytest.raises(DecodeError, match=f"{1 << 30} octets when expanded, expected {OCTETS_MAX} at most"):
            Delta(manifest=admitted, patch=giant).expand(BASE, OCTETS_MAX)
        with pytest.raises(DecodeError, match=f"a patch to {1 << 30} octets"):
            patched(giant).expand(BASE, OCTETS_MAX)
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()


def test_a_window_beyond_base_and_result_is_refused():
    how = zstandard.ZstdCompressionParameters(window_log=27, write_content_size=1)
    unpledged = zstandard.ZstdCompressor(compression_params=how).compressobj()  # its frame names window, not size
    patch = unpledged.compress(NEW) + unpledged.flush()
    with pytest.raises(DecodeError, match="with a window of"):
        patched(patch).expand(BASE, OCTETS_MAX)


@pytest.mark.parametrize("patch", [b"", b"rubbish", DELTA.patch[:-3], DELTA.patch + b"?"])
def test_a_patch_that_is_none_is_refused(patch):
    with pytest.raises(DecodeError, match="patch"):
        patched(patch).expand(BASE, OCTETS_MAX)


def test_what_comes_out_is_what_was_promised():
    other = FileDigest(octets=len(NEW), sha256=sha256_of(b"other"))
    with pytest.raises(DecodeError, match="makes another bundle"):
        patched(DELTA.patch, result=other).expand(BASE, OCTETS_MAX)


@given(st.integers(0, len(DELTA.patch) - 1), st.integers(1, 255))
def test_a_patch_with_a_changed_octet_gives_the_result_or_nothing(at, change):
    patch = bytearray(DELTA.patch)
    patch[at] ^= change
    try:
        assert patched(bytes(patch)).expand(BASE, OCTETS_MAX) == NEW
    except DecodeError:
        return


def test_a_manifest_has_one_form():
    assert msgspec.json.decode(msgspec.json.encode(DELTA.manifest), type=type(DELTA.manifest)) == DELTA.manifest
