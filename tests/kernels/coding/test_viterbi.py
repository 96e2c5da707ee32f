from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernels.coding.viterbi import BLOCK_BITS, CONTEXT_BITS, ConvolutionalEncoder, ViterbiDecoder, punctured
from kernels.library import select_level
from tests.examples import examples

pytestmark = pytest.mark.usefixtures("level")
G1, G2 = 0o171, 0o133


def symbols_by_definition(bits):
    """Figure 3-1 of 131.0-B: a shift register whose newest bit has weight 64; C2 complemented."""
    shift, symbols = 0, []
    for bit in bits:
        shift = shift >> 1 | int(bit) << 6
        symbols += [(shift & G1).bit_count() % 2, 1 - (shift & G2).bit_count() % 2]
    return np.array(symbols, np.uint8)


def received(symbols, seed, sigma, amplitude=48):
    noise = np.random.default_rng(seed).normal(0, sigma, symbols.size)
    return np.clip(np.rint(128 + amplitude * (2.0 * symbols - 1 + noise)), 0, 255).astype(np.uint8)


def decoded(soft, rate="1/2", pieces=()):
    decoder = ViterbiDecoder(rate)
    parts = np.split(soft, sorted(cut % (soft.size + 1) for cut in pieces))
    return b"".join(decoder.decode(part) for part in parts) + decoder.finish()


@given(st.lists(st.binary(max_size=50), max_size=4))
def test_encoder_by_definition_in_any_pieces(pieces):
    encoder, bits = ConvolutionalEncoder(), np.unpackbits(np.frombuffer(b"".join(pieces), np.uint8))
    symbols = b"".join(encoder.encode(piece) for piece in pieces)
    assert np.array_equal(np.unpackbits(np.frombuffer(symbols, np.uint8)), symbols_by_definition(bits))


@pytest.mark.parametrize("rate", ["1/2", "2/3", "3/4", "5/6", "7/8"])
def test_what_was_sent_comes_back_through_noise_at_every_rate(rate):
    data = np.random.default_rng(1).integers(0, 256, 5000, np.uint8).tobytes()
    sent = punctured(ConvolutionalEncoder().encode(data), rate)
    got = decoded(received(sent, 2, {"1/2": 0.5, "2/3": 0.4}.get(rate, 0.25)), rate)
    wrong = np.unpackbits(np.frombuffer(data, np.uint8)[:4980] ^ np.frombuffer(got, np.uint8)[:4980])
    assert wrong.sum() <= 2


@given(st.lists(st.integers(0, 20_000), max_size=4), st.integers(0, 9))
@examples(15)
def test_pieces_and_levels_make_no_difference(pieces, seed):
    soft = np.random.default_rng(seed).integers(0, 256, 2 * (2 * BLOCK_BITS + 3 * CONTEXT_BITS), np.uint8)
    whole = decoded(soft)
    assert decoded(soft, pieces=pieces) == whole
    select_level("portable")
    assert decoded(soft) == whole


def every_path(bits):
    """All messages of so many bits behind all beginnings of six, and the symbols of the messages."""
    paths = np.array(list(product((0, 1), repeat=6 + bits)), np.uint8)
    windows = np.lib.stride_tricks.sliding_window_view(paths, 7, axis=1)  # the oldest bit first
    shift = windows @ (1 << np.arange(7))
    c1, c2 = (np.bitwise_count(shift & taps) & 1 for taps in (G1, G2))
    return paths[:, 6:], np.stack([c1, 1 - c2], axis=2).reshape(len(paths), -1)


MESSAGES, SYMBOLS = every_path(8)


@given(st.binary(min_size=16, max_size=16))
def test_short_blocks_are_decided_on_by_maximum_likelihood(octets):
    """In the decoder's 32 magnitudes, over all 2^8 messages behind each of the 2^6 unknown beginnings."""
    soft = np.frombuffer(octets, np.uint8).astype(int)
    costs = np.where(SYMBOLS == 1, np.maximum(130 - soft, 0) // 4, np.maximum(soft - 126, 0) // 4).sum(axis=1)
    found = np.unpackbits(np.frombuffer(decoded(soft.astype(np.uint8)), np.uint8))
    assert costs[(found == MESSAGES).all(axis=1)].min() == costs.min()


def wide_reference(soft, blocks):
    """The same decisions with metrics of 32 bits and inputs of 8, all blocks at once."""
    state = np.arange(64)
    even, odd = 2 * state & 63, (2 * state & 63) + 1
    sent = np.array([(v & G1).bit_count() % 2 << 1 | 1 - (v & G2).bit_count() % 2 for v in even | state >> 5 << 6])
    symbols = np.pad(soft.reshape(-1, 2).astype(np.int32) - 128, ((CONTEXT_BITS, CONTEXT_BITS), (0, 0)))
    starts, span = np.arange(blocks) * BLOCK_BITS, BLOCK_BITS + 2 * CONTEXT_BITS
    metrics, choices = np.zeros((blocks, 64), np.int32), np.empty((span, blocks, 64), bool)
    for step in range(span):
        c1, c2 = symbols[starts + step].T
        ones, zeros = np.maximum([-c1, -c2], 0), np.maximum([c1, c2], 0)
        costs = np.stack([zeros[0] + zeros[1], zeros[0] + ones[1], ones[0] + zeros[1], ones[0] + ones[1]], axis=1)
        low, high = metrics[:, even] + costs[:, sent], metrics[:, odd] + costs[:, sent ^ 3]
        choices[step], metrics = high < low, np.minimum(low, high)
    states, bits = metrics.argmin(axis=1), np.empty((blocks, span), np.uint8)
    for step in range(span - 1, -1, -1):
        bits[:, step] = states >> 5
        states = (states << 1 & 63) | choices[step, np.arange(blocks), states]
    return bits[:, CONTEXT_BITS:-CONTEXT_BITS].ravel()


def loss_db(ebn0_db, blocks, seed):
    """How much less noise the decoder needs to make as few errors as the wide reference, by the slope of its curve."""
    data = np.random.default_rng(seed).integers(0, 256, blocks * BLOCK_BITS // 8, np.uint8)
    sent = np.unpackbits(np.frombuffer(ConvolutionalEncoder().encode(data.tobytes()), np.uint8))
    soft, bits = received(sent, seed + 1, np.sqrt(10 ** (-ebn0_db / 10))), np.unpackbits(data)
    ours = (np.unpackbits(np.frombuffer(decoded(soft), np.uint8)) != bits).mean()
    theirs = (wide_reference(soft, blocks) != bits).mean()
    return np.log(ours / theirs) / SLOPE_PER_DB


SLOPE_PER_DB = 2.8  # of the natural logarithm of the bit error rate, 2.5 to 3.5 dB


def test_narrow_metrics_cost_little():
    assert loss_db(2.0, 40, 1) < 0.1


@pytest.mark.slow
@pytest.mark.parametrize("ebn0_db", [2.5, 3.0])
def test_narrow_metrics_cost_less_than_a_twentieth_of_a_decibel(ebn0_db):
    assert loss_db(ebn0_db, 1100, 3) < 0.05


def test_what_is_not_soft_symbols_is_refused():
    with pytest.raises(TypeError, match="uint8"):
        ViterbiDecoder().decode(np.zeros(4))
