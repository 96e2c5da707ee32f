"""The product file: inverse, total, truncation, and a few octets when nothing was found."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernels.imaging.georeference import Georeference
from link.errors import DecodeError
from link.products.product import Product, WaterProduct

finite = st.floats(allow_nan=False, allow_infinity=False)
places = st.builds(Georeference, epsg=st.integers(0, 2**32 - 1), easting_m=finite, northing_m=finite, pixel_m=finite)
waters = st.builds(
    WaterProduct,
    georeference=places,
    shape=st.tuples(st.integers(0, 65535), st.integers(0, 65535)),
    threshold=st.floats(-1, 1, width=32),
    outlines=st.binary(max_size=40),
    runs=st.binary(max_size=40),
)
names = st.text(max_size=20).filter(lambda text: len(text.encode()) < 256)
shares = st.floats(0, 1, width=32)
products = st.builds(Product, id=st.integers(0, 2**32 - 1), target=names, water=st.none() | waters, seen=shares)


@given(products)
def test_decode_inverts_encode(product):
    assert Product.decode(product.encode()) == product


@given(st.binary(max_size=80))
def test_decode_is_total(octets):
    try:
        product = Product.decode(octets)
    except DecodeError:
        return
    assert Product.decode(product.encode()).id == product.id


@given(products)
def test_truncation_never_passes_unnoticed(product):
    octets = product.encode()
    header = len(octets) if product.water is None else len(octets) - len(product.water.runs)
    for size in range(header):
        with pytest.raises(DecodeError):
            Product.decode(octets[:size])


def test_nothing_found_is_a_few_octets():
    """By hand: version 1, kind 0; id 7; "desert" with its length."""
    assert Product(id=7, target="desert", water=None).encode() == bytes.fromhex("10 00000007 06 646573657274")


def test_what_was_not_all_seen_says_how_much_was():
    """By hand: version 2, and a quarter as binary32 behind the target."""
    octets = bytes.fromhex("20 00000007 06 646573657274 3e800000")
    assert Product(id=7, target="desert", water=None, seen=0.25).encode() == octets
    assert Product.decode(octets).seen == 0.25
    for share in ("3f800000", "bf800000", "7fc00000"):
        with pytest.raises(DecodeError, match="seen"):
            Product.decode(octets[:-4] + bytes.fromhex(share))


def test_another_version():
    with pytest.raises(DecodeError, match="product version 3, expected 1 or 2"):
        Product.decode(bytes.fromhex("30 00000007 00"))
