"""What frames say together is what each says by itself, or none is a frame.

ground/recordings/frames/framing.py reads whole recordings at once, link/frames one frame at a time. These properties
hold every field of the first equal to the second, whatever the octets are, damaged ones too.
"""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ground.recordings.frames.framing import NO_OCF, NO_PACKET_BEGINS, Framing, contents_of
from link.errors import DecodeError
from link.fecf import with_fecf
from link.frames import aos as aos_frame
from link.frames import tm as tm_frame
from link.frames.aos import AosFrame, MPdu
from link.frames.tm import TmFrame
from link.frames.uslp import NO_POINTER, DataField, Rule, UslpFrame

OCTETS = 80


@st.composite
def octets_of(draw, headers, fecf):
    """A frame of noise behind a header that may be one, with the error control field as a rule."""
    body = draw(headers) + draw(st.binary(min_size=OCTETS, max_size=OCTETS))
    body = body[: OCTETS - 2]
    return damaged(draw, with_fecf(body) if draw(st.integers(0, 9)) or not fecf else body + b"??")


def damaged(draw, octets):
    """One in eight with a bit flipped, wherever it is."""
    if draw(st.integers(0, 7)):
        return octets
    bit = draw(st.integers(0, 8 * len(octets) - 1))
    return bytes(octet ^ (0x80 >> bit % 8) * (place == bit // 8) for place, octet in enumerate(octets))


octet = st.integers(0, 255)


def heads(first, fifth):
    """Seven octets, of which the first and the fifth decide what is allowed."""
    return st.tuples(first, octet, octet, octet, fifth, octet, st.sampled_from([0, 1, 5, 62, 63, 64, 127])).map(bytes)


tm_heads = heads(st.sampled_from([0, 1, 0x3F, 0x40]), st.sampled_from([0, 7, 0x47, 0x80]))
aos_heads = heads(st.sampled_from([0x40, 0x7F, 0]), octet)


def tm_says(octets, framing):
    frame = TmFrame.decode(octets, fecf=framing.fecf)
    start = tm_frame.TM_HEADER_SIZE + len(frame.secondary) + bool(frame.secondary)
    pointer = NO_PACKET_BEGINS if frame.first_header == tm_frame.NO_HEADER else frame.first_header
    holds = not frame.unsynchronised and frame.first_header != tm_frame.ONLY_IDLE
    where = (start, start + len(frame.data), pointer)
    return (frame.spacecraft_id, frame.channel, frame.channel_count, 256, holds, *where, 0, False), frame.ocf


def aos_says(octets, framing):
    options = {"ocf": framing.ocf, "insert_octets": framing.insert_octets}
    frame = AosFrame.decode(octets, fecf=framing.fecf, **options)
    field = MPdu.decode(frame.data)
    pointer = NO_PACKET_BEGINS if field.first_header == aos_frame.NO_HEADER else field.first_header
    holds = frame.channel not in (63, *framing.bitstreams) and field.first_header != aos_frame.ONLY_IDLE
    start = aos_frame.AOS_HEADER_SIZE + framing.insert_octets + 2
    where = (start, start + len(field.zone), pointer)
    return (frame.spacecraft_id, frame.channel, frame.count, 1 << 24, holds, *where, 0, False), frame.ocf


def check(frames, framing, says):
    rows = np.frombuffer(b"".join(frames), np.uint8).reshape(-1, framing.octets)
    contents = contents_of(rows, framing)
    assert contents["number"].tolist() == list(range(len(frames)))
    for octets, said in zip(frames, contents, strict=True):
        try:
            expected, ocf = says(octets, framing)
        except DecodeError:
            assert not said["good"]
            continue
        assert tuple(said)[:11] == (True, *expected)
        assert said["ocf"] == (NO_OCF if ocf is None else ocf)


@pytest.mark.parametrize("kind", ["tm", "aos", "uslp"])
@given(octets=st.binary(min_size=16, max_size=16), bit=st.integers(0, 8 * 14 - 1), fecf=st.booleans())
def test_marks_stand_for_the_octets(kind, octets, bit, fecf):
    """Equal frames have equal marks; those that differ in one bit, and so in their error control, have others."""
    last = with_fecf(octets[:14])
    flipped = with_fecf(bytes(octet ^ (0x80 >> bit % 8) * (at == bit // 8) for at, octet in enumerate(last[:14])))
    rows = np.frombuffer(last + flipped + last, np.uint8).reshape(3, -1)
    first, other, again = contents_of(rows, Framing(kind=kind, octets=16, fecf=fecf))["mark"].tolist()
    assert first == again != other


@given(st.booleans(), st.data())
def test_telemetry_frames(fecf, data):
    frames = data.draw(st.lists(octets_of(tm_heads, fecf), min_size=1, max_size=8))
    check(frames, Framing(kind="tm", octets=OCTETS, fecf=fecf), tm_says)


@given(st.booleans(), st.booleans(), st.sampled_from([0, 3]), st.frozensets(st.integers(0, 62)), st.data())
def test_aos_frames(fecf, ocf, insert_octets, bitstreams, data):
    frames = data.draw(st.lists(octets_of(aos_heads, fecf), min_size=1, max_size=8))
    framing = Framing(kind="aos", octets=OCTETS, fecf=fecf, ocf=ocf, insert_octets=insert_octets, bitstreams=bitstreams)
    check(frames, framing, aos_says)


def uslp_says(octets, framing):
    frame = UslpFrame.decode(octets, fecf=framing.fecf, insert_octets=framing.insert_octets)
    field = frame.field
    holds = frame.channel != 63 and field.rule in (Rule.PACKETS, Rule.WHOLE)
    start = 7 + frame.count_octets + framing.insert_octets + 1 + 2 * (field.pointer is not None)
    pointer = NO_PACKET_BEGINS if field.pointer == NO_POINTER else field.pointer or 0
    where = (start, start + len(field.zone), pointer, frame.map_id, frame.bypass)
    return (frame.spacecraft_id, frame.channel, frame.count, 256**frame.count_octets, holds, *where), frame.ocf


@st.composite
def uslp_octets(draw, fecf):
    """A frame of noise, as long as it says or not, with its error control field as a rule."""
    size = draw(st.integers(5, OCTETS + 1))
    head = (
        draw(st.sampled_from([0xC0, 0xC0, 0xC0, 0x40])),
        draw(octet),
        draw(octet),
        draw(octet) & draw(st.sampled_from([0xFE, 0xFE, 0xFE, 0xFF])),
    )
    rest = (0, size - 1, draw(octet), *draw(st.binary(min_size=OCTETS, max_size=OCTETS)))
    body = bytes([*head, *rest])[: size - 2]
    octets = with_fecf(body) if fecf and draw(st.integers(0, 9)) else body
    return damaged(draw, octets.ljust(OCTETS, b"\xff")[:OCTETS])


@given(st.booleans(), st.sampled_from([0, 3]), st.data())
def test_any_uslp_frames(fecf, insert_octets, data):
    frames = data.draw(st.lists(uslp_octets(fecf), min_size=1, max_size=8))
    check(frames, Framing(kind="uslp", octets=OCTETS, fecf=fecf, insert_octets=insert_octets), uslp_says)


def test_uslp_frames():
    """A pointer or none, a count of no octets, an insert zone: where the packets stand, and what is said of them."""
    zone = bytes(8)
    common = {"spacecraft_id": 5, "channel": 6, "map_id": 7, "insert": b"in"}
    frames = [
        UslpFrame(**common, count=9, count_octets=2, bypass=True, field=DataField(Rule.PACKETS, zone, 0, 3)).encode(),
        UslpFrame(**common, field=DataField(Rule.WHOLE, zone)).encode(),
        UslpFrame(**common, field=DataField(Rule.PACKETS, zone, 0, NO_POINTER)).encode(),
        b"?",
    ]
    longest = max(map(len, frames))
    rows = np.array([list(frame.ljust(longest, b"\0")) for frame in frames], np.uint8)
    first, second, third, none = contents_of(rows, Framing(kind="uslp", octets=longest, insert_octets=2))
    assert tuple(first)[:12] == (True, 5, 6, 9, 1 << 16, True, 14, 22, 3, 7, True, 0)
    assert tuple(second)[:12] == (True, 5, 6, 0, 1, True, 10, 18, 0, 7, False, 1)
    assert tuple(third)[:12] == (True, 5, 6, 0, 1, True, 12, 20, NO_PACKET_BEGINS, 7, False, 2)
    assert not none["good"]


@pytest.mark.parametrize(
    ("kind", "octets", "least"), [("tm", 8, 9), ("tm", 65537, 9), ("aos", 12, 13), ("aos", 65537, 13), ("uslp", 11, 12)]
)
def test_lengths_that_hold_no_frame(kind, octets, least):
    inserted = {"tm": 0, "aos": 2, "uslp": 1}[kind]
    Framing(kind=kind, octets=least, insert_octets=inserted)
    with pytest.raises(ValueError, match=f"frames of {octets} octets, expected {least}..65536"):
        Framing(kind=kind, octets=octets, insert_octets=inserted)
