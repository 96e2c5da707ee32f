"""Memory shared by node and worker: each piece is a descriptor (memfd) whose seals cannot be removed."""

import fcntl
import mmap
import os

_FIXED_SIZE = fcntl.F_SEAL_GROW | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_SEAL


def sealed(name: str, octets: bytes | memoryview) -> int:
    """Descriptor of a copy of `octets` that cannot change. Raises OSError where there is no memory for it."""
    descriptor = os.memfd_create(name, os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    try:
        rest = memoryview(octets)
        while rest:
            rest = rest[os.write(descriptor, rest) :]
        fcntl.fcntl(descriptor, fcntl.F_ADD_SEALS, _FIXED_SIZE | fcntl.F_SEAL_WRITE)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def room(name: str, size: int) -> int:
    """Descriptor of `size` octets of zeros that can be written but not resized; they take memory only when written."""
    descriptor = os.memfd_create(name, os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    os.ftruncate(descriptor, size)
    fcntl.fcntl(descriptor, fcntl.F_ADD_SEALS, _FIXED_SIZE)
    return descriptor


def read_only(descriptor: int) -> mmap.mmap | bytes:
    """The octets behind `descriptor`, read-only; they stay valid after it is closed."""
    size = os.fstat(descriptor).st_size
    return mmap.mmap(descriptor, size, flags=mmap.MAP_PRIVATE, prot=mmap.PROT_READ) if size else b""


def writable(descriptor: int) -> mmap.mmap:
    """The octets behind `descriptor`, writable; they stay valid after it is closed."""
    return mmap.mmap(descriptor, os.fstat(descriptor).st_size)
