"""The folder of a node that files of sequences arrive in, on the medium that survives restarts."""

import re
from pathlib import Path

from hal.medium import Medium
from link.pus.services.verification import FailureCode, RefusedError
from link.sequences.form import FILE_OCTETS_MAX

REPOSITORY = "sequences"
_FILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")


class SequenceFolder:
    """Reads files of the one repository, `sequences` in the folder `state`."""

    def __init__(self, state: Path, medium: Medium) -> None:
        self._folder, self._medium = state / REPOSITORY, medium

    def read(self, repository: str, file: str) -> bytes:
        """A file's octets. Raises OSError, and RefusedError for another repository, a path, or a file too long."""
        if repository != REPOSITORY:
            raise RefusedError(FailureCode.BAD_ARGUMENTS, f"repository {repository!r}, expected {REPOSITORY!r}")
        if not _FILE_NAME.fullmatch(file):
            raise RefusedError(FailureCode.BAD_ARGUMENTS, f"{file!r} is no file name")
        octets = self._medium.read(self._folder / file)
        if len(octets) > FILE_OCTETS_MAX:
            raise RefusedError(FailureCode.BAD_ARGUMENTS, f"{file}: {len(octets)} octets are too many")
        return octets
