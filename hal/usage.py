"""What people type and the files that they give: the error for what is wrong with them, and a bound on their size."""

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
        raise UsageError(f"{path}: longer than {octets_max} octets, the most that such a file may have")
    return octets
