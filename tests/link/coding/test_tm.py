"""Whatever the channel does to bits, each unit that can be decoded is decoded."""

import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernels.coding.crc import crc16
from kernels.coding.viterbi import ConvolutionalEncoder, ViterbiDecoder, punctured
from link.coding.tm import ASM_OCTETS, TmDecoder, TmEncoder
from link.managed import Managed, TmChannel
from tests.examples import examples

CODED = Managed(spacecraft_id=1, tm_channels=(TmChannel(name="a", vc=0),), interleave=2, tm_frame_octets=60)
NO_FECF = replace(CODED, fecf=False)
BARE = Managed(spacecraft_id=1, tm_channels=(TmChannel(name="a", vc=0),), rs_parity=0, tm_frame_octets=60)


def frames(count, seed=0, size=60):
    dice = random.Random(seed)
    bodies = (dice.randbytes(size - 2) for _ in range(count))
    return [body + crc16(body).to_bytes(2) for body in bodies]


def units(managed, sent):
    return [TmEncoder(managed).encode(frame) for frame in sent]


def bits(octets):
    return np.unpackbits(np.frombuffer(octets, np.uint8))


def octets(bit_array):
    return np.packbits(bit_array).tobytes()


def fed(managed, stream, size=None):
    decoder = TmDecoder(managed)
    pieces = [stream[at : at + size] for at in range(0, len(stream), size)] if size else [stream]
    return decoder, [frame for piece in pieces for frame in decoder.feed(piece)] + decoder.finish()


@pytest.mark.parametrize("managed", [CODED, BARE])
@given(count=st.integers(0, 6), seed=st.integers(0, 99), size=st.integers(1, 400))
def test_decode_inverts_encode_whatever_the_chunking(managed, count, seed, size):
    sent = frames(count, seed)
    decoder, received = fed(managed, b"".join(units(managed, sent)), size)
    assert received == sent
    assert (decoder.received, decoder.uncorrectable, decoder.octets_skipped) == (count, 0, 0)


@pytest.mark.parametrize("managed", [CODED, BARE, NO_FECF])
@given(
    offset=st.integers(0, 40),
    inverted=st.booleans(),
    gaps=st.lists(st.integers(0, 40), min_size=4, max_size=4),
    size=st.integers(1, 400),
)
def test_any_bit_offset_inversion_and_slip(managed, offset, inverted, gaps, size):
    """Noise of any number of bits before and between units: every one is found."""
    sent = frames(4)
    noise = np.random.default_rng(offset)
    parts = [noise.integers(0, 2, offset, dtype=np.uint8)]
    for unit, gap in zip(units(managed, sent), gaps, strict=True):
        parts += [bits(unit), noise.integers(0, 2, gap, dtype=np.uint8)]
    stream = octets(np.concatenate([*parts, np.zeros(2000, np.uint8)]) ^ inverted)
    assert fed(managed, stream, size)[1] == sent


@given(st.data())
def test_an_inserted_or_removed_bit_costs_one_unit(data):
    sent = frames(5)
    stream = bits(b"".join(units(CODED, sent)))
    where = data.draw(st.integers(0, len(stream) - 1))
    slipped = np.delete(stream, where) if data.draw(st.booleans()) else np.insert(stream, where, 1)
    received = fed(CODED, octets(slipped) + bytes(200), 100)[1]
    assert set(received) <= set(sent)
    assert len(received) >= 4


@given(st.data())
def test_a_phase_jump_costs_one_unit(data):
    sent = frames(5)
    stream = bits(b"".join(units(CODED, sent)))
    stream[data.draw(st.integers(0, len(stream))) :] ^= 1
    assert len(set(fed(CODED, octets(stream) + bytes(200))[1]) & set(sent)) >= 4


@pytest.mark.parametrize("fecf", [True, False])
@pytest.mark.parametrize("size", [60, 446])
@given(slip=st.integers(1, 60))
def test_lost_octets_cost_one_unit(size, fecf, slip):
    """446 octets fill both codewords: then the unit behind the loss, read octets too late, is nearly a codeword too."""
    managed = replace(CODED, tm_frame_octets=size, fecf=fecf)
    sent = frames(8, size=size)
    stream = b"".join(units(managed, sent))
    cut = len(stream) // 8 * 2 + 20
    decoder, received = fed(managed, stream[:cut] + stream[cut + slip :])
    assert received == [*sent[:2], *sent[3:]] or (slip <= 8 and received == sent)
    assert decoder.received == len(received)


@given(st.data())
def test_sixteen_wrong_symbols_a_codeword_are_corrected(data):
    sent = frames(3)
    stream = bytearray(b"".join(units(CODED, sent)))
    unit = len(stream) // 3
    for number in range(3):
        for lane in range(2):
            places = data.draw(st.sets(st.integers(0, (unit - ASM_OCTETS) // 2 - 1), max_size=16))
            for place in places:
                stream[unit * number + ASM_OCTETS + 2 * place + lane] ^= data.draw(st.integers(1, 255))
    assert fed(CODED, bytes(stream))[1] == sent


def test_counters():
    sent = frames(4)
    stream = [bytearray(unit) for unit in units(CODED, sent)]
    stream[1][10] ^= 1
    stream[2][4:] = bytes(len(stream[2]) - 4)
    decoder, received = fed(CODED, b"".join([b"noise", *map(bytes, stream)]))
    assert received == [sent[0], sent[1], sent[3]]
    assert (decoder.received, decoder.corrected_frames, decoder.corrected_symbols) == (3, 1, 1)
    assert (decoder.uncorrectable, decoder.octets_skipped) == (1, 5)


@pytest.mark.parametrize("managed", [CODED, BARE])
def test_a_unit_survives_the_loss_of_its_marker(managed):
    sent = frames(3)
    stream = [bytearray(unit) for unit in units(managed, sent)]
    stream[1][:4] = b"\x00\x00\x00\x00"
    assert fed(managed, b"".join(map(bytes, stream)), 50)[1] == sent


def test_a_marker_within_a_unit_is_no_unit():
    """The marker in a frame's data begins a candidate only while hunting, and then hides nothing."""
    unit = bytearray(units(BARE, frames(1))[0])
    unit[20:24] = bytes.fromhex("1acffc1d")
    tail = units(BARE, frames(2, seed=5))
    decoder, received = fed(BARE, bytes(unit) + b"".join(tail))
    assert received == frames(2, seed=5)
    assert decoder.uncorrectable == 1


@examples(30)
@given(st.binary(max_size=600), st.integers(1, 200))
def test_any_octets_and_a_bounded_buffer(stream, size):
    decoder = TmDecoder(CODED)
    for at in range(0, len(stream), size):
        decoder.feed(stream[at : at + size])
        assert len(decoder._buffer) < 2 * (ASM_OCTETS + CODED.tm_code_octets)


def test_many_units_at_once():
    sent = frames(300)
    assert fed(BARE, b"".join(units(BARE, sent)))[1] == sent


def test_a_frame_of_another_size_is_a_bug():
    with pytest.raises(AssertionError):
        TmEncoder(BARE).encode(bytes(59))


CHANGES = [{"long_randomiser": True}, {"randomise": False}, {"dual_basis": False}, {"rs_parity": 16}]


@pytest.mark.parametrize("change", CHANGES)
def test_each_managed_parameter_matters(change):
    managed, sent = replace(CODED, **change), frames(3)
    stream = b"".join(units(managed, sent))
    assert fed(managed, stream)[1] == sent
    assert fed(CODED, stream)[1] == []


@pytest.mark.parametrize("rate", ["1/2", "7/8"])
def test_over_the_convolutional_code(rate):
    """The outer code above the inner one (131.0 §3): the units are found in what Viterbi decides."""
    sent, noise = frames(6), np.random.default_rng(1)
    encoder = ConvolutionalEncoder()
    hard = punctured(encoder.encode(b"before" + b"".join(units(CODED, sent)) + bytes(40)), rate)
    wrong = noise.random(hard.size) < (0.02 if rate == "1/2" else 0.001)
    soft = np.where(hard ^ wrong, 224, 32).astype(np.uint8)
    viterbi, decoder = ViterbiDecoder(rate), TmDecoder(CODED)
    bits_received = [viterbi.decode(piece) for piece in np.array_split(soft, 9)] + [viterbi.finish()]
    assert [frame for piece in bits_received for frame in decoder.feed(piece)] == sent


def units_without_crc(*, errors=(), markers=()):
    """Four units without FECF: a wrong symbol in each of `errors`; wrong bits in markers, by unit."""
    stream = [bytearray(unit) for unit in units(NO_FECF, frames(4))]
    for number in errors:
        stream[number][20] ^= 1
    for number, wrong_bits in markers:
        stream[number][0] ^= (1 << wrong_bits) - 1
    return b"".join(map(bytes, stream))


def test_the_last_unit_waits_for_the_end():
    """Without a CRC, one that needed corrections is sure only with a marker, or nothing, behind it."""
    decoder, sent = TmDecoder(NO_FECF), frames(4)
    assert decoder.feed(units_without_crc(errors=[3])) == sent[:3]
    assert decoder.finish() == sent[3:]
    assert (decoder.corrected_frames, decoder.corrected_symbols) == (1, 1)


def test_a_marker_with_three_wrong_bits_is_one():
    assert fed(NO_FECF, units_without_crc(errors=[1], markers=[(2, 3)]))[1] == frames(4)


def test_without_a_crc_the_loss_of_a_marker_costs_its_unit():
    sent = frames(4)
    assert fed(NO_FECF, units_without_crc(markers=[(2, 8)]))[1] == [sent[0], sent[1], sent[3]]


def test_how_wrong_a_first_marker_may_be():
    first, second = units_without_crc(markers=[(0, 3)]), units_without_crc(markers=[(0, 4)])
    assert TmDecoder(NO_FECF).feed(first) == frames(4)
    assert TmDecoder(NO_FECF).feed(second) == frames(4)[1:]
    assert TmDecoder(NO_FECF, marker_errors_max=2).feed(first) == frames(4)[1:]


def test_a_phase_jump_between_units_costs_nothing():
    stream = units(CODED, frames(4))
    upright, inverted = b"".join(stream[:2]), bytes(octet ^ 0xFF for octet in b"".join(stream[2:]))
    assert fed(CODED, upright + inverted)[1] == frames(4)


@pytest.mark.parametrize("noise", range(4080, 4110))
def test_a_marker_is_found_wherever_the_search_makes_a_step(noise):
    decoder, received = fed(BARE, bytes(noise) + units(BARE, frames(1))[0])
    assert received == frames(1)
    assert decoder.octets_skipped == noise


@given(st.data())
def test_counters_whatever_the_chunking(data):
    stream = bytearray(b"noise" + b"".join(units(CODED, frames(8))) + b"more noise")
    for at in data.draw(st.lists(st.integers(0, len(stream) - 1), max_size=20)):
        stream[at] ^= data.draw(st.integers(1, 255))
    whole, all_frames = fed(CODED, bytes(stream))
    pieces, same_frames = fed(CODED, bytes(stream), data.draw(st.integers(1, 400)))
    assert same_frames == all_frames
    for name in ("received", "corrected_frames", "corrected_symbols", "uncorrectable", "octets_skipped"):
        assert getattr(pieces, name) == getattr(whole, name)


PLAIN = replace(CODED, randomise=False)


@pytest.mark.parametrize("managed", [CODED, PLAIN, NO_FECF, BARE])
@given(st.data())
def test_a_unit_that_comes_by_itself_counts_as_one_of_a_stream(managed, data):
    """A live link, on which the wrong symbols of a unit may be too many, or in its marker, or behind a good code."""
    sent = [bytearray(unit) for unit in units(managed, [*frames(5), bytes(60)])]
    for _ in range(data.draw(st.integers(0, 60))):
        unit = data.draw(st.sampled_from(sent))
        unit[data.draw(st.integers(0, len(unit) - 1))] ^= data.draw(st.integers(1, 255))
    whole, all_frames = fed(managed, b"".join(map(bytes, sent)))
    pieces, same_frames = fed(managed, b"".join(map(bytes, sent)), len(sent[0]))
    assert same_frames == all_frames
    for name in ("received", "corrected_frames", "corrected_symbols", "uncorrectable", "octets_skipped"):
        assert getattr(pieces, name) == getattr(whole, name)


@pytest.mark.parametrize("size", [None, 150])
def test_units_beyond_correction_are_counted_and_not_given(size):
    """The second and the third of four, with a marker behind them; without a CRC that is all there is to go by."""
    stream = [bytearray(unit) for unit in units(NO_FECF, frames(4))]
    for unit in stream[1:3]:
        unit[ASM_OCTETS:] = bytes(range(len(unit) - ASM_OCTETS))
    decoder, received = fed(NO_FECF, b"".join(map(bytes, stream)), size)
    assert received == [frames(4)[0], frames(4)[3]]
    assert (decoder.received, decoder.uncorrectable) == (2, 2)


def test_what_is_left_of_a_unit_that_is_cut_off():
    """recordings/cadu-cut.bin: two units of 259 octets, and the beginning of a third."""
    octets = (Path(__file__).parents[2] / "recordings" / "cadu-cut.bin").read_bytes()
    managed = Managed(
        spacecraft_id=0, tm_channels=(TmChannel(name="any", vc=0),), tm_frame_octets=223, interleave=1, fecf=False
    )
    decoder = TmDecoder(managed)
    frames = decoder.feed(octets)
    assert len(frames + decoder.finish()) == 2
    assert decoder.octets_skipped == 677 - 2 * 259
