"""Memory that node and worker share, each piece a descriptor (memfd) whose limits nobody can lift any more."""

import fcntl
import mmap
import os

_FIXED_SIZE = fcntl.F_SEAL_GROW | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_SEAL


def sealed(name: str, octets: bytes | memoryview) -> int:
    """A copy of `octets` that cannot be changed. Raises OSError where there is no memory for it."""
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
    """Zeros to be written to, `size` octets for ever; takes no memory before they are."""
    descriptor = os.memfd_create(name, os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    os.ftruncate(descriptor, size)
    fcntl.fcntl(descriptor, fcntl.F_ADD_SEALS, _FIXED_SIZE)
    return descriptor


def read_only(descriptor: int) -> mmap.mmap | bytes:
    """What it holds, for as long as the descriptor is open and longer."""
    size = os.fstat(descriptor).st_size
    return mmap.mmap(descriptor, size, flags=mmap.MAP_PRIVATE, prot=mmap.PROT_READ) if size else b""


def writable(descriptor: int) -> mmap.mmap:
    """The room itself, for as long as the descriptor is open and longer."""
    return mmap.mmap(descriptor, os.fstat(descriptor).st_size)
