"""The write-ahead log beside an archive, which holds its last transactions (sqlite.org/fileformat2.html §4).

SQLite stops reading at the first damaged frame, and overwrites the frames after it: what they hold would be
lost without a report.
"""

from collections.abc import Iterator
from struct import Struct, unpack
from typing import NamedTuple

from ground.archive.schema import PAGE_OCTETS

_HEAD = Struct(">IIIIIIII")  # magic, format, page size, round, two salts, two checksums
_FRAME = Struct(">IIIIII")  # page, pages of the file after a commit, two salts, two checksums
_SIZE = _FRAME.size + PAGE_OCTETS
_SUMMED = 8  # octets of the frame header that the checksum covers, besides the page

Pair = tuple[int, ...]


class _Frame(NamedTuple):
    page: int
    salts: Pair
    sums: Pair
    summed: bytes


def is_torn(journal: bytes) -> bool:
    """Whether a damaged frame hides intact later ones from SQLite."""
    frames = list(_latest(journal))
    if not frames:
        return False
    *_, salt, other_salt, first, second = _HEAD.unpack_from(journal)
    order = ">" if journal[3] & 1 else "<"
    if _sums(journal[: _HEAD.size - 8], order, (0, 0)) != (first, second) or frames[0].salts != (salt, other_salt):
        return True
    sums: Pair = first, second
    for number, frame in enumerate(frames):
        sums = _sums(frame.summed, order, sums)
        if sums != frame.sums or frame.salts != (salt, other_salt):
            return number < len(frames) - 1  # the last one may be cut short by a power failure
    return False


def logged_pages(journal: bytes) -> Iterator[tuple[int, bytes]]:
    """The number and content of each logged page, damaged or not, the newest last."""
    yield from ((frame.page, frame.summed[_SUMMED:]) for frame in _latest(journal) if 0 < frame.page < 1 << 31)


def _latest(journal: bytes) -> Iterator[_Frame]:
    """The frames written since the last checkpoint; older frames, with other salts, may follow them in the file."""
    frames = list(_frames(journal))
    if not frames:
        return
    said = _HEAD.unpack_from(journal)[4:6]
    salts = said if any(frame.salts == said for frame in frames) else frames[0].salts
    latest = [number for number, frame in enumerate(frames) if frame.salts == salts]
    yield from frames[: latest[-1] + 1]  # those between with other salts are damaged


def _frames(journal: bytes) -> Iterator[_Frame]:
    for at in range(_HEAD.size, len(journal) - _SIZE + 1, _SIZE):
        page, _, *rest = _FRAME.unpack_from(journal, at)
        summed = journal[at : at + _SUMMED] + journal[at + _FRAME.size : at + _SIZE]
        yield _Frame(page, tuple(rest[:2]), tuple(rest[2:]), summed)


def _sums(octets: bytes, order: str, sums: Pair) -> Pair:
    """The log's checksum (§4.2) continued over `octets`; `sums` is the checksum of all before them."""
    first, second = sums
    words = unpack(f"{order}{len(octets) // 4}I", octets)
    for one, other in zip(words[::2], words[1::2], strict=True):
        first = (first + one + second) & 0xFFFFFFFF
        second = (second + other + first) & 0xFFFFFFFF
    return first, second
