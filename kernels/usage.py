"""What people type and the files that they give: the error for what is wrong with them, and a bound on their size."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path


class UsageError(ValueError):
    """What a person typed, or a file that they gave, cannot be used; the text is one sentence for them.

    A plain ValueError is a bug where it reaches the command line: only this one is told as a mistake of the user's.
    """


def read_file(path: Path, octets_max: int) -> bytes:
    """All of a file. Raises OSError, and UsageError naming the file where it is longer than `octets_max`."""
    with path.open("rb") as file:
        octets = file.read(octets_max + 1)  # no more, whatever it is: a device may have no end
    if len(octets) > octets_max:
        raise UsageError(f"{shown(path)}: longer than {octets_max} octets, the most that such a file may have")
    return octets


@contextmanager
def given(what: object) -> Iterator[None]:
    """What is wrong in here is wrong with `what` a person gave: a ValueError becomes a UsageError that begins with it;
    with nothing, if the ValueError says itself what it is about.

    To stand around the reading of a file or an option and nothing more, for within it no ValueError is a bug.
    """
    try:
        yield
    except UsageError:
        raise
    except ValueError as error:
        raise UsageError(f"{shown(what)}: {error}" if what else str(error)) from error


def shown(what: object) -> str:
    """A path as it stands in the file system, whatever folder it was typed in; anything else as it is."""
    return str(what.resolve() if isinstance(what, Path) else what)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """The end of a sentence about an unknown word: the nearest one known, or nothing where none is near."""
    from difflib import get_close_matches

    near = {one.lower(): one for one in known}
    found = get_close_matches(word.lower(), near, n=1)
    return f"; did you mean {near[found[0]]}?" if found else ""
