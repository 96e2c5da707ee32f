"""Recognition of the formats around a recording by their content, and their removal, layer by layer."""

from ground.recordings.wrappings.capture import Fits, is_capture, unwrap_capture
from ground.recordings.wrappings.compressed import UNPACKED_OCTETS_MAX, compression_of, decompressed
from ground.recordings.wrappings.hex_text import is_text, octets_of_text
from ground.recordings.wrappings.kiss import is_kiss, unwrap_kiss
from ground.recordings.wrappings.units import Unwrapped, WrappingError

_LAYERS_MAX = 8
_SMALL_OCTETS, _TIMES_MAX = 1 << 26, 64
"""Octets that may be in any wrapping, and times its size in a larger one; a file made to fill the memory has more."""
_NAMED = {
    b"\x89HDF\r\n\x1a\n": "an HDF5 file, which holds its packets in data sets: copy those out of it first",
    b"PK\x03\x04": "a zip archive: unpack it first",
    b"CDF\x01": "a NetCDF file, of products and not of packets",
    b"CDF\x02": "a NetCDF file, of products and not of packets",
    b"\x04\x22\x4d\x18": "compressed with lz4: unpack it with `lz4 -d`",
    b"RIFF": "a RIFF file, of sound or samples: demodulate it first",
    b"\x7fELF": "a program",
    b"\x89PNG": "a picture",
    b"%PDF": "a document",
    b"SQLite format 3\0": "a database",
    b"7z\xbc\xaf\x27\x1c": "a 7z archive: unpack it first",
    b"\x93NUMPY": "an array of numpy: `numpy.load(...).tofile(...)` makes octets of one that holds them",
    b"SIMPLE  =": "a FITS file, of products and not of packets",
}
_TAR_AT, _TAR = 257, b"ustar"


def unwrap(
    octets: bytes | memoryview,
    *,
    fits: Fits,
    skip: int = 0,
    port: int | None = None,
    octets_max: int = UNPACKED_OCTETS_MAX,
) -> Unwrapped:
    """The contents of a recording; one without a wrapping is returned as it is, from octet `skip` on.

    In captures and KISS files, `skip` octets of each unit are left out. `port` is the destination of a capture's
    datagrams; without it, those that `fits` accepts are taken. Raises WrappingError naming a format that cannot be
    unwrapped.
    """
    notes: list[str] = []
    octets_max = min(octets_max, max(_SMALL_OCTETS, _TIMES_MAX * len(octets)))
    for _ in range(_LAYERS_MAX):
        if name := compression_of(octets):
            inside, said = decompressed(octets, name, octets_max)
            if name == "gzip" and said and not inside:
                break  # only its first octets look like this format
            octets = inside
            notes += [f"unpacked with {name}: {len(octets)} octets", *said]
        elif is_capture(octets):
            found = unwrap_capture(octets, skip, port, fits)
            return Unwrapped(found.octets, found.ends, notes + found.notes)
        elif is_kiss(octets):
            found = unwrap_kiss(octets, skip)
            return Unwrapped(found.octets, found.ends, notes + found.notes)
        elif is_text(octets):
            octets = octets_of_text(octets)
            notes.append(f"read as hexadecimal text: {len(octets)} octets")
        else:
            break
    else:
        raise WrappingError(f"wrapped more than {_LAYERS_MAX} times")
    _refuse_named(octets)
    if port is not None:
        raise WrappingError(f"--port {port} is for network captures only, and this is none")
    return Unwrapped(octets[skip:], None, notes)


def _refuse_named(octets: bytes | memoryview) -> None:
    head = bytes(octets[: _TAR_AT + len(_TAR)])
    what = next((what for magic, what in _NAMED.items() if head.startswith(magic)), None)
    if head[_TAR_AT:] == _TAR:
        what = "a tar archive: unpack it first"
    if what:
        raise WrappingError(f"this is {what}")
