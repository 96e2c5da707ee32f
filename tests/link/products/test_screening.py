"""Masks and tiles come back as they were; any other octets are refused."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from link.errors import DecodeError
from link.products.screening import CloudMaskProduct, Tile

numbers, sides = st.integers(0, 2**32 - 1), st.integers(0, 2**16 - 1)
targets = st.text(max_size=40)
runs = st.binary(max_size=20)
masks = st.builds(
    CloudMaskProduct, id=numbers, target=targets, shape=st.tuples(sides, sides), runs=runs, valid_runs=runs
)
shapes = st.tuples(*[st.integers(1, 5)] * 3)
pictures = st.sampled_from([np.uint8, np.uint16]).flatmap(lambda dtype: arrays(dtype, shapes))
tiles = st.builds(Tile, id=numbers, target=targets, row=sides, column=sides, samples=pictures, valid_runs=runs)


@given(masks)
def test_a_mask_comes_back(mask):
    assert CloudMaskProduct.decode(mask.encode()) == mask


@given(tiles)
def test_a_tile_comes_back(tile):
    back = Tile.decode(tile.encode())
    assert (back.id, back.target, back.row, back.column) == (tile.id, tile.target, tile.row, tile.column)
    assert back.valid_runs == tile.valid_runs
    assert back.samples.dtype == tile.samples.dtype
    assert np.array_equal(back.samples, tile.samples)


@pytest.mark.parametrize("form", [CloudMaskProduct, Tile])
@given(octets=st.binary(max_size=40) | tiles.map(Tile.encode), cut=st.integers(1, 30), flip=st.integers(0, 2**16))
def test_decode_is_total(form, octets, cut, flip):
    flipped = bytearray(octets)
    if flipped:
        flipped[flip // 8 % len(flipped)] ^= 1 << flip % 8
    for damaged in (octets, octets[:-cut], octets + b"x", bytes(flipped)):
        try:
            found = form.decode(damaged)
        except DecodeError:
            continue
        assert form.decode(found.encode()).id == found.id


def test_a_smooth_slope_costs_next_to_nothing():
    rows, columns = np.mgrid[:64, :64]
    slope = np.stack([1000 + 7 * rows + 3 * columns] * 4).astype(np.uint16)
    assert len(Tile(id=1, target="x", row=0, column=0, samples=slope).encode()) < 200


def test_vector():
    """By hand: 5 7 / 6 9 has the differences 5 2 / 1 1, folded 10 4 / 2 2."""
    import zlib

    tile = Tile(id=2, target="ab", row=3, column=4, samples=np.array([[[5, 7], [6, 9]]], np.uint8))
    head = bytes.fromhex("14 00000002 02") + b"ab" + bytes.fromhex("0003 0004 01 0002 0002 01")
    assert tile.encode() == head + zlib.compress(bytes([10, 4, 2, 2]), 9)
    wrong = bytes.fromhex("14 00000002 00 0003 0004 01 0002 0002")
    with pytest.raises(DecodeError, match="samples of 4 octets"):
        Tile.decode(wrong + b"\4")
    with pytest.raises(DecodeError, match="3 octets of samples, expected 4"):
        Tile.decode(wrong + b"\1" + zlib.compress(b"abc"))


def test_a_stream_that_swells_is_stopped():
    import zlib

    head = bytes.fromhex("14 00000002 00 0003 0004 01 0002 0002 01")
    with pytest.raises(DecodeError, match="5 octets of samples, expected 4"):
        Tile.decode(head + zlib.compress(bytes(1 << 20)))


def test_runs_of_what_was_data_stand_behind_their_length():
    """By hand, in version 2."""
    mask = CloudMaskProduct(id=1, target="x", shape=(1, 3), runs=b"\3", valid_runs=b"\1\2")
    octets = bytes.fromhex("23 00000001 01 78 0001 0003 00000002 0102 03")
    assert mask.encode() == octets
    with pytest.raises(DecodeError, match="no runs of valid pixels"):
        CloudMaskProduct.decode(bytes.fromhex("23 00000001 01 78 0001 0003 00000000 03"))
    with pytest.raises(DecodeError):
        CloudMaskProduct.decode(octets[:-2])
    with pytest.raises(DecodeError, match="target: 'utf-8' codec"):
        CloudMaskProduct.decode(bytes.fromhex("13 00000001 01 ff 0001 0003 03"))
    with pytest.raises(DecodeError, match="version and kind 0x33, expected 0x13 or 0x23"):
        CloudMaskProduct.decode(b"\x33" + octets[1:])
