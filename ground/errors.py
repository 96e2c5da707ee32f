"""Errors of the ground: each has a short code for programs and one sentence for people.

GroundError                  .code
├── ArchiveError             the archive cannot be opened or written
│   └── DamagedArchiveError  its file is damaged, or not an archive
├── BusyError                the queue to the link is full
├── NotHeardError            the node is not heard, so nothing is sent
├── MismatchError            the node flies another dictionary
├── ServiceError             no ground service answers
├── ServiceRefusedError      the service understood and refused; its own code
└── WaitError                what was waited for did not happen in time
"""

from typing import ClassVar


class GroundError(OSError):
    """Root. An OSError: the command line prints it as one sentence and exits with 1."""

    code: ClassVar[str] = "failed"


class ArchiveError(GroundError):
    """The archive cannot be opened or written."""

    code = "archive"


class DamagedArchiveError(ArchiveError):
    """The archive's file is damaged, or not an archive of Skyrack."""


class BusyError(GroundError):
    """The queue to the link is full; try again later."""

    code = "busy"


class NotHeardError(GroundError):
    """The node is not heard; nothing is sent, as the node might execute it much later."""

    code = "not_heard"


class MismatchError(GroundError):
    """The node flies another dictionary than this station has."""

    code = "dictionary_mismatch"


class ServiceError(GroundError):
    """No ground service answers on the socket, or it closed the connection."""

    code = "no_service"


class WaitError(GroundError):
    """What was waited for did not happen in time."""

    code = "timeout"


class ServiceRefusedError(GroundError):
    """The service understood the request and refused it; `refusal` is its code."""

    code = "refused"

    def __init__(self, refusal: str, message: str) -> None:
        super().__init__(message)
        self.refusal = refusal
