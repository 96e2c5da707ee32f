"""The convolutional code, rate 1/2 and punctured, and its soft-decision decoder (csrc/include/skyrack/viterbi.h).

CCSDS 131.0-B-4 §3. Bits are packed eight to an octet, the first in the most significant bit. A soft symbol is an octet:
0 is a certain 0, 255 a certain 1, 128 an erasure.
"""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from kernels.alone import Alone
from kernels.arrays import octets_of, pointer, require
from kernels.library import ffi, lib

BLOCK_BITS: int = lib.SR_VITERBI_BLOCK
CONTEXT_BITS: int = lib.SR_VITERBI_CONTEXT
Rate = Literal["1/2", "2/3", "3/4", "5/6", "7/8"]
NOTHING_KNOWN = 128

_PATTERNS: dict[Rate, tuple[str, str]] = {  # table 3-2: which of C1 and of C2 are sent
    "1/2": ("1", "1"),
    "2/3": ("10", "11"),
    "3/4": ("101", "110"),
    "5/6": ("10101", "11010"),
    "7/8": ("1000101", "1111010"),
}
_SENT: dict[Rate, NDArray[np.bool_]] = {
    rate: np.array([[a == "1", b == "1"] for a, b in zip(*pattern, strict=True)]).ravel()
    for rate, pattern in _PATTERNS.items()
}


class ConvolutionalEncoder:
    """Encoder of a stream of octets to packed symbols, rate 1/2; one caller at a time."""

    def __init__(self) -> None:
        self._alone, self._history = Alone(), ffi.new("uint8_t *", 0)

    def encode(self, octets: bytes) -> bytes:
        """The symbols of the next octets, two octets for each. RuntimeError for a call while another one runs."""
        octets = octets_of(octets)
        symbols = bytearray(2 * len(octets))
        with self._alone:
            lib.sr_conv_encode(octets, len(octets), ffi.from_buffer("uint8_t[]", symbols), self._history)
        return bytes(symbols)


class ViterbiDecoder:
    """Soft-decision decoder of a stream of symbols, in pieces of any size.

    Bits come in whole blocks of BLOCK_BITS, as soon as CONTEXT_BITS more have been received; `finish` gives the rest.
    Raises ValueError for another rate. One caller at a time: RuntimeError for another thread's call meanwhile.
    """

    def __init__(self, rate: Rate = "1/2") -> None:
        self._alone, self._sent = Alone(), _sent_of(rate)
        self._period_sent = int(self._sent.sum())
        self._punctured = np.empty(0, np.uint8)
        self._soft = np.empty(0, np.uint8)
        self._decided = 0
        self._scratch = np.empty(lib.sr_viterbi_scratch(), np.uint8)

    def decode(self, soft: NDArray[np.uint8]) -> bytes:
        """The bits that can be decided on now, packed. Raises TypeError for what is not a row of uint8."""
        if not isinstance(soft, np.ndarray) or soft.dtype != np.uint8 or soft.ndim != 1:
            raise TypeError("soft symbols: a row of uint8 expected")
        with self._alone:
            self._soft = np.concatenate([self._soft, self._depunctured(soft)])
            blocks = max(0, self._soft.size // 2 - self._decided - CONTEXT_BITS) // BLOCK_BITS
            octets = self._decide(blocks * BLOCK_BITS)
            self._forget()
        return octets

    def finish(self) -> bytes:
        """The bits that are left, the last octet filled up with zeros; the decoder then begins anew."""
        with self._alone:
            octets = self._decide(self._soft.size // 2 - self._decided)
            self._punctured = self._soft = np.empty(0, np.uint8)
            self._decided = 0
        return octets

    def _depunctured(self, soft: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Soft symbols of whole periods of the pattern, erasures in place of punctured ones; the rest is kept."""
        if self._sent.all():
            return soft
        self._punctured = np.concatenate([self._punctured, soft])
        periods = self._punctured.size // self._period_sent
        whole, self._punctured = np.split(self._punctured, [periods * self._period_sent])
        full = np.full((periods, self._sent.size), NOTHING_KNOWN, np.uint8)
        full[:, self._sent] = whole.reshape(periods, self._period_sent)
        return full.ravel()

    def _decide(self, bits: int) -> bytes:
        given, out = self._soft.size // 2, np.empty((bits + 7) // 8, np.uint8)
        wanted, scratch = (self._decided, bits, pointer(out)), (pointer(self._scratch), self._scratch.size)
        require(lib.sr_viterbi_decode(pointer(self._soft), given, *wanted, *scratch))
        self._decided += bits
        return out.tobytes()

    def _forget(self) -> None:
        """Drop the soft symbols that later decisions do not need; keep the undecided ones and their context."""
        superfluous = max(0, self._decided - CONTEXT_BITS)
        self._soft, self._decided = self._soft[2 * superfluous :], self._decided - superfluous


def punctured(symbols: bytes, rate: Rate) -> NDArray[np.uint8]:
    """The symbols (0 or 1 each), out of packed ones at rate 1/2, that are sent at `rate`; the pattern begins with the
    first symbol.
    """
    bits = np.unpackbits(np.frombuffer(ffi.buffer(ffi.from_buffer(octets_of(symbols))), np.uint8))
    return bits[np.resize(_sent_of(rate), bits.size)]


def _sent_of(rate: Rate) -> NDArray[np.bool_]:
    if rate not in _SENT:
        raise ValueError(f"rate = {rate!r}, expected one of {', '.join(_SENT)}")
    return _SENT[rate]
