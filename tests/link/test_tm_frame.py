import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hal.kernels.crc import crc16
from link.errors import ChecksumError, DecodeError, TruncatedError
from link.tm_frame import NO_HEADER, ONLY_IDLE, TmFrame

frames = st.builds(
    TmFrame,
    spacecraft_id=st.integers(0, 1023),
    channel=st.integers(0, 7),
    master_count=st.integers(0, 255),
    channel_count=st.integers(0, 255),
    data=st.binary(min_size=1, max_size=90),
    first_header=st.integers(0, 2047),
    ocf=st.none() | st.integers(0, 2**32 - 1),
    secondary=st.binary(max_size=63),
    unsynchronised=st.booleans(),
    packet_order=st.booleans(),
    segment_length=st.integers(0, 3),
)


@given(frames, st.booleans())
def test_decode_inverts_encode(frame, fecf):
    assert TmFrame.decode(frame.encode(fecf=fecf), fecf=fecf) == frame


@given(st.binary(max_size=80), st.booleans())
def test_decode_is_total(octets, fecf):
    try:
        frame = TmFrame.decode(octets, fecf=fecf)
    except DecodeError:
        return
    assert frame.encode(fecf=fecf) == octets


@given(frames)
def test_truncation_at_every_octet(frame):
    """A frame does not say how long it is: its check sequence does, but for one cut in 65536."""
    octets = frame.encode()
    for size in range(len(octets)):
        try:
            TmFrame.decode(octets[:size])
        except DecodeError:
            continue
        assert crc16(octets[:size]) == 0


@settings(max_examples=20)
@given(frames)
def test_no_single_bit_error_passes(frame):
    octets = frame.encode()
    for bit in range(8 * len(octets)):
        damaged = bytearray(octets)
        damaged[bit // 8] ^= 0x80 >> bit % 8
        with pytest.raises(ChecksumError):
            TmFrame.decode(bytes(damaged))


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


@pytest.mark.parametrize("change", [{"secondary": bytes(64)}, {"data": bytes(2047)}, {"channel": 8}])
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
