import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernels.coding.bch import bch_decode
from link.coding import cltu
from link.coding.cltu import BREAK, START, TAIL, CltuReader, can_be_broken_off, encode_cltu

frames = st.binary(min_size=1, max_size=60)
IDLE = b"\x55" * 12


@st.composite
def chunked(draw, octets):
    """The same octets in pieces of any size."""
    cuts = sorted(draw(st.lists(st.integers(0, len(octets)), max_size=8)))
    return [octets[a:b] for a, b in zip([0, *cuts], [*cuts, len(octets)], strict=True)]


@given(st.lists(frames, max_size=4), st.booleans(), st.data())
def test_what_was_sent_comes_out_whatever_the_chunking(sent, randomise, data):
    stream = IDLE.join([b"", *(encode_cltu(frame, randomise=randomise) for frame in sent), b""])
    reader = CltuReader(randomise)
    received = [unit for piece in data.draw(chunked(stream)) for unit in reader.feed(piece)]
    assert [unit[: len(frame)] for unit, frame in zip(received, sent, strict=True)] == sent
    assert (reader.units, reader.empty, reader.corrected_bits) == (len(sent), 0, 0)


@given(frames, st.data())
def test_one_wrong_bit_anywhere_costs_nothing(frame, data):
    octets = bytearray(IDLE + encode_cltu(frame, randomise=True))
    bit = data.draw(st.integers(8 * len(IDLE), 8 * (len(octets) - len(TAIL)) - 1))
    octets[bit // 8] ^= 0x80 >> bit % 8
    assert CltuReader(True).feed(bytes(octets))[0].startswith(frame)


@pytest.mark.parametrize("lost", [8, 9, 11, 12, 13, 14, 15])
def test_a_unit_without_its_tail_hides_no_other(lost):
    """Unless its loss puts the next start in the place of two octets of a block, as 10 octets do."""
    first, second = b"first frame", b"second frame"
    stream = encode_cltu(first, randomise=True)[:-lost] + encode_cltu(second, randomise=True) + IDLE
    received = CltuReader(True).feed(stream)
    assert any(unit.startswith(second) for unit in received)


@given(st.binary(max_size=300))
def test_noise_gives_candidates_but_no_trouble(octets):
    reader = CltuReader(False)
    for unit in reader.feed(octets):
        assert len(unit) % 7 == 0
    assert len(reader._pending) <= 300


def test_vector():
    """By hand from §4.2: one octet of zero, six of fill, unrandomised."""
    block = bytes.fromhex("00 555555555555")
    unit = encode_cltu(b"\x00", randomise=False)
    assert (unit[:2], unit[2:9], unit[10:]) == (START, block, TAIL)


def test_an_empty_unit_is_counted():
    reader = CltuReader(True)
    assert reader.feed(START + TAIL + IDLE) == []
    assert (reader.units, reader.empty) == (0, 1)


def test_a_unit_is_bounded():
    reader = CltuReader(False, frame_octets_max=70)
    endless = START + encode_cltu(bytes(700), randomise=False)[2:-8]
    assert [len(unit) for unit in reader.feed(endless)] == [70]


def test_what_is_skipped_is_counted():
    reader = CltuReader(True)
    reader.feed(b"\x00" * 10 + START)
    assert reader.octets_skipped == 10


@pytest.mark.parametrize("bit", range(16))
def test_a_start_with_one_wrong_bit_is_found(bit):
    unit = bytearray(encode_cltu(b"frame", randomise=True))
    unit[bit // 8] ^= 0x80 >> bit % 8
    assert CltuReader(True).feed(bytes(unit))[0].startswith(b"frame")


def test_counters_add_up():
    """Two wrong bits in a unit, one in another, two empty ones, octets between them in pieces."""
    first, second = bytearray(encode_cltu(bytes(14), randomise=True)), bytearray(encode_cltu(b"x", randomise=True))
    first[3] ^= 1
    first[11] ^= 1
    second[4] ^= 1
    reader = CltuReader(True)
    for piece in (b"\x55" * 5, bytes(first), b"\x55" * 3, START + TAIL + START + TAIL, bytes(second), b"\x55" * 9):
        reader.feed(piece)
    assert (reader.units, reader.empty, reader.corrected_bits) == (2, 2, 3)
    outside = 5 + 3 + 9 + 2 * len(TAIL)  # of units whose last block has no wrong bit, the tail is known
    doubtful = 3 * 8  # blocks with a wrong bit, last in their units: looked at again, and no start was in them
    assert reader.octets_skipped == outside + doubtful - 1  # the last octet may be half of a start


def test_a_start_cut_in_two_is_found():
    reader, unit = CltuReader(True), encode_cltu(b"frame", randomise=True)
    assert reader.feed(b"\x55" * 4 + unit[:1]) == []
    assert reader.octets_skipped == 4
    assert reader.feed(unit[1:])[0].startswith(b"frame")


def test_nothing_received_is_nothing_skipped():
    reader = CltuReader(randomised=False)
    assert reader.feed(b"") == []
    assert reader.octets_skipped == 0


@given(frames, frames, st.booleans(), st.data())
def test_a_unit_that_is_broken_off_gives_no_frame_and_hides_no_other(frame, following, randomise, data):
    """Wherever it may be broken off: the receiver never sees its last octets, and takes what comes next."""
    unit, after = encode_cltu(frame, randomise=randomise), encode_cltu(following, randomise=randomise)
    sent = data.draw(st.integers(1, len(unit)))
    if not can_be_broken_off(unit, sent):
        assert sent > len(unit) - len(TAIL) - 8
        return
    received = CltuReader(randomise).feed(unit[:sent] + BREAK + after + IDLE)
    assert received[-1].startswith(following)
    assert not any(one.startswith(frame) and len(one) >= len(frame) for one in received[:-1])


@pytest.mark.parametrize("size", range(1, 9))
def test_fill_is_not_randomised(size):
    """231.0-B-4 §6: the sequence is added to the frame; the fill behind it stays what a receiver knows, 0x55."""
    unit = encode_cltu(bytes(size), randomise=True)[2:-8]
    information = b"".join(unit[at : at + 7] for at in range(0, len(unit), 8))
    assert information[size:] == b"\x55" * (-size % 7)
    assert information[:size] == bytes.fromhex("ff399e5a68e906f5")[:size]


def test_starts_close_together_cost_little(monkeypatch):
    """The blocks behind each are decoded in one go: who sends starts alone must not keep a receiver busy."""
    calls = []
    monkeypatch.setattr(cltu, "bch_decode", lambda octets: calls.append(len(octets)) or bch_decode(octets))
    reader = CltuReader(False)
    reader.feed(START * 1000)
    reader.finish()
    assert len(calls) <= 1001
