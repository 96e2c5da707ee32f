import pytest

from link.errors import DecodeError, TruncatedError
from link.packets.encapsulation import EncapsulationPacket, Protocol


def test_vectors():
    """By hand from §4.1.2: each length of length; 0xE0 is the idle packet of one octet."""
    assert EncapsulationPacket(protocol=Protocol.IDLE, length_of_length=0).encode() == b"\xe0"
    assert EncapsulationPacket(protocol=Protocol.INTERNET, data=b"ip").encode() == bytes.fromhex("e904") + b"ip"
    middle = EncapsulationPacket(protocol=6, data=b"x", length_of_length=2, user=1, extension=2)
    assert middle.encode() == bytes.fromhex("fa 12 0005") + b"x"
    long = EncapsulationPacket(protocol=7, data=b"x", length_of_length=3, user=15, extension=1, ccsds=0xABCD)
    assert long.encode() == bytes.fromhex("ff f1 abcd 00000009") + b"x"


@pytest.mark.parametrize(
    ("octets", "why"),
    [
        ("0003c0000000ff", "version 0"),
        ("e4", "protocol 1"),
        ("e901", "header of 2"),
        ("4000", "2, an encapsulation packet has 7"),
    ],
)
def test_what_the_standard_excludes(octets, why):
    with pytest.raises(DecodeError, match=why):
        EncapsulationPacket.decode(bytes.fromhex(octets))


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"length_of_length": 4}, "length_of_length = 4"),
        ({"user": 1}, "no place"),
        ({"length_of_length": 2, "ccsds": 1}, "no place"),
        ({"length_of_length": 0}, "idle packet"),
        ({"length_of_length": 0, "protocol": 0, "data": b"x"}, "idle packet"),
        ({"data": bytes(254)}, "length = 256"),
        ({"protocol": 8}, "protocol = 8"),
    ],
)
def test_what_cannot_be_encoded(fields, why):
    with pytest.raises(ValueError, match=why):
        EncapsulationPacket(**{"protocol": 1, **fields}).encode()


@pytest.mark.parametrize(("octets", "needed"), [("", 1), ("e9", 2), ("e904", 4), ("fa120005", 5)])
def test_what_is_missing(octets, needed):
    """Of the header one octet more, then of the whole."""
    given = bytes.fromhex(octets)
    with pytest.raises(TruncatedError) as caught:
        EncapsulationPacket.decode(given)
    assert (caught.value.needed, caught.value.given) == (needed, len(given))
