import pytest

from link.errors import DecodeError, TruncatedError
from link.frames.tm import NO_HEADER, ONLY_IDLE, TmFrame


def test_vector():
    """By hand from §4.1.2: spacecraft 0x2A5, channel 1, OCF, counts 7 and 8, packets, the first one at octet 3."""
    frame = TmFrame(
        spacecraft_id=0x2A5, channel=1, master_count=7, channel_count=8, data=b"abcd", first_header=3, ocf=0x01042200
    )
    assert frame.encode(fecf=False) == bytes.fromhex("2a53 0708 1803") + b"abcd" + bytes.fromhex("01042200")


def test_secondary_header_vector():
    """By hand from §4.1.3: two octets of secondary header behind 0x02."""
    frame = TmFrame(spacecraft_id=0, channel=0, master_count=0, channel_count=0, data=b"d", secondary=b"xy")
    assert frame.encode(fecf=False) == bytes.fromhex("0000 0000 9800 02") + b"xyd"


def test_special_pointers():
    """All ones: no packet begins; all ones but the last: only idle data (§4.1.2.7.6)."""
    assert (NO_HEADER, ONLY_IDLE) == (0b11111111111, 0b11111111110)


@pytest.mark.parametrize(
    ("octets", "error"),
    [
        ("400000001800ff", DecodeError),  # version 1
        ("000000009800 00 ff", DecodeError),  # secondary header of no octets
        ("000000009800 41 ff", DecodeError),  # secondary header version 1
        ("000000009800 05 ff", TruncatedError),  # ends within the secondary header
        ("000000009800", DecodeError),
        ("000100001800 01020304", TruncatedError),  # an OCF, but no data
    ],
)
def test_what_the_standard_excludes(octets, error):
    with pytest.raises(error):
        TmFrame.decode(bytes.fromhex(octets), fecf=False)


@pytest.mark.parametrize(
    "change", [{"secondary": bytes(64)}, {"data": bytes(2047)}, {"channel": 8}, {"master_count": 256}]
)
def test_range(change):
    with pytest.raises(ValueError, match="expected"):
        TmFrame(
            **{"spacecraft_id": 0, "channel": 0, "master_count": 0, "channel_count": 0, "data": b"x", **change}
        ).encode()


@pytest.mark.parametrize(
    ("octets", "needed", "given"),
    [("00000000", 6, 4), ("000000001800", 7, 6), ("000100001800 01020304", 11, 10), ("000000009800 05 ff", 13, 8)],
)
def test_what_is_missing(octets, needed, given):
    with pytest.raises(TruncatedError) as caught:
        TmFrame.decode(bytes.fromhex(octets), fecf=False)
    assert (caught.value.needed, caught.value.given) == (needed, given)


@pytest.mark.parametrize(
    ("octets", "why"),
    [
        ("400000001800ff", "version 1, a TM frame has 0"),
        ("000000009800 00 ff", "begins with 0x00"),
        ("000000009800 41" + "00" * 70, "begins with 0x41"),
        ("000000009800 81" + "00" * 70, "begins with 0x81"),
        ("000000009800", "begins with 0x00"),
    ],
)
def test_why_it_is_no_frame(octets, why):
    with pytest.raises(DecodeError, match=why):
        TmFrame.decode(bytes.fromhex(octets), fecf=False)


@pytest.mark.parametrize(("fecf", "longest"), [(True, 2040), (False, 2042)])
def test_longest_frame_and_secondary_header(fecf, longest):
    common = {"spacecraft_id": 0, "channel": 0, "master_count": 0, "channel_count": 0}
    assert len(TmFrame(**common, data=bytes(longest)).encode(fecf=fecf)) == 2048
    with pytest.raises(ValueError, match="2049 octets"):
        TmFrame(**common, data=bytes(longest + 1)).encode(fecf=fecf)
    frame = TmFrame(**common, data=b"x", secondary=bytes(63))
    assert TmFrame.decode(frame.encode()) == frame
