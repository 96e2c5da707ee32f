"""A product's file says itself what it is, and no damage makes it say something else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsw.store.product_file import DamagedProductError, Provenance, StoredProduct, decode_file, encode_file
from fsw.store.storage import MARKER, record
from kernels.coding.crc import crc32c

CONTENT = b"content " + MARKER + b" and a marker in it"


def product_of(content, name="000001-coast.product"):
    made = Provenance(
        target="coast",
        raw_octets=1,
        input_sha256="ab" * 32,
        capture_utc_ns=1,
        compute_start_utc_ns=2,
        compute_end_utc_ns=3,
        joules=0.5,
        joules_source="modelled",
    )
    return StoredProduct(id=1, name=name, octets=len(content), crc32c=crc32c(content), provenance=made, boot=3)


WHOLE = encode_file(product_of(CONTENT), CONTENT)


@given(st.binary(max_size=200), st.text(max_size=20))
def test_what_goes_in_comes_out(content, name):
    product = product_of(content, name)
    assert decode_file(encode_file(product, content)) == (product, content, True)


def test_of_what_it_is_one_copy_is_enough():
    said = len(WHOLE) // 2 - len(CONTENT) // 2
    for position in range(len(WHOLE)):
        damaged = WHOLE[:position] + bytes([WHOLE[position] ^ 1]) + WHOLE[position + 1 :]
        if said <= position < said + len(CONTENT):
            with pytest.raises(DamagedProductError, match="content is not what was written"):
                decode_file(damaged)
        else:
            assert decode_file(damaged) == (product_of(CONTENT), CONTENT, False)


@given(st.integers(0, len(WHOLE) - 1), st.binary(max_size=30))
def test_what_was_cut_or_overwritten_is_told_or_whole(start, octets):
    for damaged in (WHOLE[:start], WHOLE[start:], WHOLE[:start] + octets + WHOLE[start + len(octets) :]):
        try:
            found = decode_file(damaged)
        except DamagedProductError:
            continue
        assert (found.product, found.content) == (product_of(CONTENT), CONTENT)


@given(st.binary(max_size=300))
def test_any_octets_are_a_product_or_damaged(octets):
    with pytest.raises(DamagedProductError, match="neither of its two records can be read"):
        decode_file(octets)


@pytest.mark.parametrize("text", ['{"type":"stored","id":1}', '{"type":"stored","new":' + "[" * 100_000])
def test_another_version_is_told_apart_from_damage(text):
    said = record(text)
    with pytest.raises(DamagedProductError, match="another version"):
        decode_file(said + CONTENT + said)
