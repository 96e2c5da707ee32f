"""Low-density parity-check codes, CCSDS 231.0-B-4 §4 and 131.0-B-5 §7 (csrc/include/skyrack/ldpc.h).

Bits are packed eight to an octet, the first in the most significant bit. A soft symbol is an octet: 0 is a certain 0,
255 a certain 1, 128 an erasure.
"""

from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kernels.arrays import pointer, require, rows, whole
from kernels.library import lib

NOT_CONVERGED: int = lib.SR_LDPC_NOT_CONVERGED
ITERATIONS_MAX: int = lib.SR_LDPC_ITERATIONS_MAX


class Ldpc(IntEnum):
    """An LDPC code: TC_ of telecommand, by bits of a codeword; C2 and AR4JA, by rate and bits of data, of telemetry."""

    TC_128 = lib.SR_LDPC_TC_128
    TC_512 = lib.SR_LDPC_TC_512
    C2 = lib.SR_LDPC_C2
    AR4JA_1_2_1024 = lib.SR_LDPC_AR4JA_1_2_1024
    AR4JA_1_2_4096 = lib.SR_LDPC_AR4JA_1_2_4096
    AR4JA_1_2_16384 = lib.SR_LDPC_AR4JA_1_2_16384
    AR4JA_2_3_1024 = lib.SR_LDPC_AR4JA_2_3_1024
    AR4JA_2_3_4096 = lib.SR_LDPC_AR4JA_2_3_4096
    AR4JA_2_3_16384 = lib.SR_LDPC_AR4JA_2_3_16384
    AR4JA_4_5_1024 = lib.SR_LDPC_AR4JA_4_5_1024
    AR4JA_4_5_4096 = lib.SR_LDPC_AR4JA_4_5_4096
    AR4JA_4_5_16384 = lib.SR_LDPC_AR4JA_4_5_16384

    @property
    def data_size(self) -> int:
        """Octets of the data of a codeword."""
        size: int = lib.sr_ldpc_data_size(self)
        return size

    @property
    def codeword_size(self) -> int:
        """Octets of a codeword; it has eight soft symbols to an octet."""
        size: int = lib.sr_ldpc_codeword_size(self)
        return size

    def encode(self, data: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Append the parity to each row of data (count, data_size): codewords (count, codeword_size).

        Rows may lie apart. Raises ValueError for another shape, TypeError for another dtype or octets that lie apart.
        """
        given = _rows(data, self.data_size)
        codewords = np.empty((len(data), self.codeword_size), np.uint8)
        require(lib.sr_ldpc_encode(self, *given, *rows(codewords, writable=True), len(data)))
        return codewords

    def decode(
        self, soft: NDArray[np.uint8], *, iterations_max: int = 50
    ) -> tuple[NDArray[np.uint8], NDArray[np.int8]]:
        """Decide on the data of each row of soft symbols (count, 8 * codeword_size).

        Gives the data (count, data_size) and how many iterations each row took (count), or NOT_CONVERGED: its data is
        then a guess. Raises as `encode` does, and ValueError for `iterations_max` outside 0..ITERATIONS_MAX. Batches
        are cheap: up to 64 rows take no longer than one.
        """
        given = _rows(soft, 8 * self.codeword_size)
        limit = whole("iterations_max", iterations_max, 0, ITERATIONS_MAX)
        data, iterations = np.empty((len(soft), self.data_size), np.uint8), np.empty(len(soft), np.int8)
        scratch = np.empty(lib.sr_ldpc_scratch(self), np.uint8)
        made = *rows(data, writable=True), pointer(iterations)
        require(lib.sr_ldpc_decode(self, *given, len(soft), limit, *made, pointer(scratch), scratch.size))
        return data, iterations


def _rows(octets: NDArray[np.uint8], length: int) -> tuple[Any, int]:
    found = rows(octets)
    if octets.shape[1] != length:
        raise ValueError(f"shape {octets.shape}, expected (count, {length})")
    return found
