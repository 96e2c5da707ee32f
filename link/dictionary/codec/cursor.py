"""Cursors to read and write octets bit by bit."""

from link.errors import TruncatedError


class BitReader:
    """Reads `octets` from bit `at` on."""

    __slots__ = ("at", "octets")

    def __init__(self, octets: bytes, at: int = 0) -> None:
        self.octets, self.at = octets, at

    @property
    def left(self) -> int:
        """Number of bits not read yet."""
        return 8 * len(self.octets) - self.at

    def skip(self, bits: int) -> None:
        """Pass over spare bits. Raises TruncatedError."""
        self.at += bits
        if not 0 <= self.at <= 8 * len(self.octets):
            raise TruncatedError(needed=-(-self.at // 8), given=len(self.octets))

    def read(self, bits: int) -> bytes:
        """The next `bits`, padded with zero bits at the end to whole octets. Raises TruncatedError."""
        first, shift = divmod(self.at, 8)
        end = self.at + bits
        last = -(-end // 8)
        if last > len(self.octets):
            raise TruncatedError(needed=last, given=len(self.octets))
        self.at = end
        if not shift and not end % 8:
            return self.octets[first:last]
        size = -(-bits // 8)
        number = int.from_bytes(self.octets[first:last]) >> 8 * last - end & (1 << bits) - 1
        return (number << 8 * size - bits).to_bytes(size)


class Writer:
    """Collects bits; `octets()` pads them with zero bits to a whole octet."""

    __slots__ = ("_bits", "_octets", "_tail")

    def __init__(self) -> None:
        self._octets = bytearray()
        self._tail, self._bits = 0, 0  # fewer than 8 bits that do not fill an octet yet

    def put(self, octets: bytes, bits: int) -> None:
        """Append the first `bits` of `octets`."""
        if not self._bits and bits == 8 * len(octets):
            self._octets += octets
            return
        number = self._tail << bits | int.from_bytes(octets) >> 8 * len(octets) - bits
        bits += self._bits
        self._bits = bits % 8
        self._octets += (number >> self._bits).to_bytes(bits // 8)
        self._tail = number & (1 << self._bits) - 1

    def octets(self) -> bytes:
        """The octets written so far."""
        return bytes(self._octets) + (bytes([self._tail << 8 - self._bits]) if self._bits else b"")
