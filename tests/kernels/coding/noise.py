"""Random codewords behind a channel with white Gaussian noise."""

import numpy as np

from kernels.coding.ldpc import NOT_CONVERGED


def data_of(code, count, seed=1):
    return np.random.default_rng(seed).integers(0, 256, (count, code.data_size), np.uint8)


def signal_and_noise(code, data, ebn0_db, seed=1):
    """What is sent, 1 for a 0 and -1 for a 1, and what is added to it on the way, both (count, symbols)."""
    sent = 1.0 - 2.0 * np.unpackbits(code.encode(data), axis=1)
    deviation = np.sqrt(0.5 * code.codeword_size / code.data_size / 10 ** (ebn0_db / 10))
    return sent, np.random.default_rng(seed).normal(0, deviation, sent.shape)


def soft_symbols(values, mean=40):
    """The octets that a receiver makes of them, `mean` from the middle for 1 and -1."""
    return np.clip(np.rint(127.5 - mean * values), 0, 255).astype(np.uint8)


def received(code, data, ebn0_db, seed=1):
    """Soft symbols of codewords."""
    return soft_symbols(sum(signal_and_noise(code, data, ebn0_db, seed)))


def errors_at(code, ebn0_db, count, mean=40):
    """Codewords in error, and those of them that nobody noticed."""
    data = data_of(code, count)
    decided, iterations = code.decode(soft_symbols(sum(signal_and_noise(code, data, ebn0_db)), mean))
    wrong = (decided != data).any(axis=1)
    return int(wrong.sum()), int((wrong & (iterations != NOT_CONVERGED)).sum())
