import pytest

from link.errors import ChecksumError, DecodeError, TruncatedError
from link.frames.tc import UNLOCK, FrameType, TcFrame, set_vr


def test_vector():
    """By hand from §4.1: an unlock command to spacecraft 0x155, channel 2; 8 octets in all."""
    frame = TcFrame(spacecraft_id=0x155, channel=2, sequence=0, data=UNLOCK, bypass=True, control=True)
    assert frame.encode(fecf=False) == bytes.fromhex("3155 0805 00 00")
    assert frame.encode()[:6] == bytes.fromhex("3155 0807 00 00")
    assert frame.type is FrameType.BC


def test_set_vr():
    assert set_vr(7) == bytes.fromhex("820007")


@pytest.mark.parametrize(
    ("head", "why"),
    [
        ("4000 0005 00", "version 1"),
        ("1000 0005 00", "control 1"),
        ("0000 0004 00", "length 5"),
    ],
)
def test_what_the_standard_excludes(head, why):
    with pytest.raises(DecodeError, match=why):
        TcFrame.decode(bytes.fromhex(head) + b"x", fecf=False)


def test_checksum_error_carries_its_facts():
    octets = TcFrame(spacecraft_id=1, channel=0, sequence=0, data=b"x").encode()
    with pytest.raises(ChecksumError) as caught:
        TcFrame.decode(octets[:-1] + bytes([octets[-1] ^ 1]))
    assert caught.value.expected == caught.value.computed ^ 1
    assert str(caught.value).startswith(f"checksum {caught.value.expected:#x} expected, {caught.value.computed:#x} ")


@pytest.mark.parametrize("size", [0, 1018])
def test_data_must_fit(size):
    with pytest.raises(ValueError, match=r"1\.\.1017"):
        TcFrame(spacecraft_id=1, channel=0, sequence=0, data=bytes(size)).encode()


def test_longest_frame():
    frame = TcFrame(spacecraft_id=1, channel=0, sequence=0, data=bytes(1019))
    assert len(frame.encode(fecf=False)) == 1024


def test_reserved_combination_cannot_be_sent():
    with pytest.raises(ValueError, match="not a valid"):
        TcFrame(spacecraft_id=1, channel=0, sequence=0, data=b"x", control=True).encode()


@pytest.mark.parametrize(("field", "value"), [("spacecraft_id", 1024), ("channel", 64), ("sequence", 256)])
def test_range(field, value):
    with pytest.raises(ValueError, match=field):
        TcFrame(**{"spacecraft_id": 0, "channel": 0, "sequence": 0, "data": b"x", field: value}).encode()


def test_what_is_missing():
    octets = TcFrame(spacecraft_id=1, channel=0, sequence=0, data=b"xyz").encode()
    with pytest.raises(TruncatedError) as caught:
        TcFrame.decode(octets[:-2])
    assert (caught.value.needed, caught.value.given) == (10, 8)


@pytest.mark.parametrize(("fecf", "least"), [(True, 8), (False, 6)])
def test_a_frame_has_some_data(fecf, least):
    head = bytes.fromhex("0000 00") + bytes([least - 2]) + bytes(20)
    with pytest.raises(DecodeError, match=f"length {least - 1}, a TC frame has at least {least} octets"):
        TcFrame.decode(head, fecf=fecf)


@pytest.mark.parametrize("reserved", range(4))
def test_reserved_bits_are_kept_and_not_looked_at(reserved):
    octets = bytes([reserved << 2]) + bytes.fromhex("05 0005 00 78")
    frame = TcFrame.decode(octets, fecf=False)
    assert (frame.reserved, frame.data, frame.encode(fecf=False)) == (reserved, b"x", octets)
