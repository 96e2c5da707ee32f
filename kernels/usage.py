"""Input from people, typed or in files: the exception for what is wrong with it, and a bound on its size."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path


class UsageError(ValueError):
    """What a person typed, or a file that they gave, cannot be used; the text is one sentence for them.

    Only this one is reported as the user's mistake; a plain ValueError that reaches the command line is a bug.
    """


def read_file(path: Path, octets_max: int) -> bytes:
    """All of a file. Raises OSError, and UsageError naming the file where it is longer than `octets_max`."""
    with path.open("rb") as file:
        octets = file.read(octets_max + 1)  # not the whole file: a device such as /dev/zero has no end
    if len(octets) > octets_max:
        raise UsageError(f"{shown(path)}: longer than {octets_max} octets, the maximum for such a file")
    return octets


@contextmanager
def given(what: object) -> Iterator[None]:
    """Turn a ValueError from the block into a UsageError that begins with `what`, the option or file that was given.

    An empty `what` adds nothing: the ValueError then names its subject itself. Put only the reading of a file or an
    option into the block, for no ValueError in it counts as a bug.
    """
    try:
        yield
    except UsageError:
        raise
    except ValueError as error:
        raise UsageError(f"{shown(what)}: {error}" if what else str(error)) from error


def shown(what: object) -> str:
    """A path in absolute form, so that the reader need not know the working folder; anything else unchanged."""
    return str(what.resolve() if isinstance(what, Path) else what)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """The end of a sentence about an unknown word: the nearest one known, or nothing where none is near."""
    from difflib import get_close_matches

    near = {one.lower(): one for one in known}
    found = get_close_matches(word.lower(), near, n=1)
    return f"; did you mean {near[found[0]]}?" if found else ""
