"""An image of software, a zip file of Python packages or a wheel, as a folder that Python imports from.

What lies in the folder already is held to the image file by file, so that neither a crash in the middle nor a bit that
turned over on the disk is started.
"""

import io
import stat
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from link.errors import DecodeError

FILES_MAX = 10_000
OCTETS_MAX = 256 << 20
"""Of all files of an image together."""
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, OSError)


def unpack(image: bytes, folder: Path) -> None:
    """Have the files of `image` in `folder`, which is made. Raises OSError, and DecodeError for no such image."""
    for name, octets in _files(image):
        path = folder / name
        try:
            if path.read_bytes() == octets:
                continue
        except OSError:
            path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(octets)


def check_image(image: bytes) -> None:
    """Raise DecodeError for what `unpack` would refuse."""
    for _ in _files(image):
        pass


def _files(image: bytes) -> Iterator[tuple[PurePosixPath, bytes]]:
    """Name and octets of each file, within bounds; all names are looked at before the first file is."""
    with _opened(image) as archive:
        entries = [entry for entry in archive.infolist() if not entry.is_dir()]
        _check(entries)
        for entry in entries:
            yield PurePosixPath(entry.filename), _content(archive, entry)


def _opened(image: bytes) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(io.BytesIO(image))
    except _BROKEN as error:
        raise DecodeError(f"image: {error}; expected a zip file of Python packages, as a wheel is one") from None


def _content(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    try:
        return archive.read(entry)
    except _BROKEN as error:
        raise DecodeError(f"image: {entry.filename[:80]}: {error}") from None


def _check(entries: list[zipfile.ZipInfo]) -> None:
    if len(entries) > FILES_MAX or sum(entry.file_size for entry in entries) > OCTETS_MAX:
        raise DecodeError(f"image: more than {FILES_MAX} files, or {OCTETS_MAX >> 20} MiB")
    for entry in entries:
        parts = PurePosixPath(entry.filename).parts
        is_link = stat.S_ISLNK(entry.external_attr >> 16)
        if is_link or not parts or parts[0] == "/" or {"..", "~"} & set(parts) or "\\" in entry.filename:
            raise DecodeError(f"image: {entry.filename[:80]!r} is no file below the image's folder")
