"""Frames on a stream that loses, damages and adds octets."""

from hypothesis import given
from hypothesis import strategies as st

from fsw.bridge.frames import BODY_OCTETS_MAX, FrameSearch, encode_frame

BODIES = st.lists(st.binary(max_size=40), max_size=5)


def found(search, octets, step=7):
    return [body for start in range(0, len(octets), step) for body in search.feed(octets[start : start + step])]


@given(BODIES, st.integers(1, 50))
def test_frames_come_out_however_they_are_cut(bodies, step):
    search = FrameSearch()
    assert found(search, b"".join(map(encode_frame, bodies)), step) == bodies
    assert (search.damaged, search.skipped) == (0, 0)


@given(BODIES, st.lists(st.binary(max_size=12), min_size=6, max_size=6))
def test_undamaged_frames_are_found_between_anything(bodies, noise):
    octets = b"".join(part + encode_frame(body) for part, body in zip(noise, bodies, strict=False))
    search = FrameSearch()
    kept = found(search, octets + bytes(BODY_OCTETS_MAX + 10))
    assert [body for body in kept if body in bodies] == bodies


@given(st.binary(min_size=1, max_size=40), st.data())
def test_no_damaged_frame_comes_out(body, data):
    octets = bytearray(encode_frame(body))
    bit = data.draw(st.integers(0, 8 * len(octets) - 1))
    octets[bit // 8] ^= 0x80 >> bit % 8
    search = FrameSearch()
    assert found(search, bytes(octets) + encode_frame(b"next") + bytes(BODY_OCTETS_MAX + 10)) == [b"next"]
    assert search.skipped >= len(octets)


def test_the_longest_body_and_one_that_says_to_be_longer():
    search = FrameSearch()
    assert found(search, encode_frame(bytes(BODY_OCTETS_MAX)), 500) == [bytes(BODY_OCTETS_MAX)]
    assert found(search, b"\x5b\xb5\xff\xff" + encode_frame(b"next")) == [b"next"]
    assert search.skipped == 4


def test_the_head_of_a_frame_and_its_first_octet_alone():
    assert encode_frame(b"123456789")[:4].hex() == "5bb50009"
    search = FrameSearch()
    assert list(search.feed(b"ab\x5b")) == []
    assert search.skipped == 2  # the last octet may begin a marker
