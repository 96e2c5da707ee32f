import pytest
from hypothesis import given
from hypothesis import strategies as st

from link.cfdp import checksum
from link.cfdp.pdus.codes import ChecksumType

CHECK = b"123456789"


def whole(kind, octets):
    sum_ = checksum.start(kind)
    sum_.update(octets)
    return sum_.value


@pytest.mark.parametrize(
    ("kind", "octets", "value"),
    [
        (ChecksumType.MODULAR, bytes(range(15)), 0x181C2015),  # annex F of the standard
        (ChecksumType.MODULAR, b"\xff\xff\xff\xff\x00\x00\x00\x02", 1),
        (ChecksumType.CRC32, CHECK, 0xCBF43926),
        (ChecksumType.CRC32C, CHECK, 0xE3069283),
        (ChecksumType.NULL, CHECK, 0),
        (ChecksumType.PROXIMITY_1, b"\x00\x00\x00\x00\x01", 0x00A00805),  # one bit at the end: the polynomial itself
    ],
)
def test_vectors(kind, octets, value):
    assert checksum.supported(kind)
    assert whole(kind, octets) == value


@pytest.mark.parametrize("kind", ChecksumType)
@given(octets=st.binary(max_size=60), data=st.data())
def test_any_chunking_gives_the_same(kind, octets, data):
    cuts = sorted(data.draw(st.lists(st.integers(0, len(octets)), max_size=5)))
    sum_ = checksum.start(kind)
    for start, end in zip([0, *cuts], [*cuts, len(octets)], strict=True):
        sum_.update(octets[start:end])
    assert sum_.value == whole(kind, octets)


@given(st.binary(max_size=40))
def test_modular_as_the_standard_says_it(octets):
    """§4.2.2: each octet into the word at its offset modulo four."""
    total = sum(octet << 8 * (3 - index % 4) for index, octet in enumerate(octets))
    assert whole(ChecksumType.MODULAR, octets) == total % (1 << 32)


@given(st.binary(max_size=24))
def test_proximity_1_as_polynomial_division(octets):
    remainder = int.from_bytes(octets) << 32
    for bit in range(8 * len(octets) + 31, 31, -1):
        if remainder >> bit & 1:
            remainder ^= (1 << 32 | checksum.PROXIMITY_1_POLYNOMIAL) << bit - 32
    assert whole(ChecksumType.PROXIMITY_1, octets) == remainder


@pytest.mark.parametrize("kind", [4, 14])
def test_others_are_not_supported(kind):
    assert not checksum.supported(kind)
