"""Memory by address: a file, a library in this process, or what software makes of its own state."""

from typing import Protocol


class AddressedMemory(Protocol):
    """A memory of `size` octets. `read` and `write` are called for areas inside it only, and raise OSError."""

    @property
    def size(self) -> int:
        """How many octets the memory has."""

    def read(self, address: int, size: int) -> bytes:
        """`size` octets from `address` on."""

    def write(self, address: int, octets: bytes) -> None:
        """Write `octets` from `address` on. Raises PermissionError for a memory that cannot be written."""


class ReadOnlyMemory:
    """What every memory that cannot be written has in common."""

    def write(self, address: int, octets: bytes) -> None:  # noqa: ARG002
        """Raises PermissionError."""
        raise PermissionError("this memory is read only")
