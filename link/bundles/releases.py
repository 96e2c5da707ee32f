"""Which of two versions is the newer one: whole numbers with dots between them, compared number by number."""

import re

_RELEASE = re.compile(r"\d{1,9}(\.\d{1,9}){0,7}", re.ASCII)
Release = tuple[int, ...]
"""The numbers of a version, without zeros at its end: 1.0 and 1 are one release."""


def release_of(version: str) -> Release:
    """The release that a version names. Raises ValueError for one that cannot be compared."""
    if not _RELEASE.fullmatch(version):
        raise ValueError(f"version {version[:40]!r}, expected whole numbers with dots between them, as 1.4.2")
    numbers = [int(number) for number in version.split(".")]
    while numbers and not numbers[-1]:
        numbers.pop()
    return tuple(numbers)


def is_newer(version: str, than: str) -> bool:
    """Whether a version is greater than another one; any version is greater than "". Raises ValueError."""
    return not than or release_of(version) > release_of(than)
