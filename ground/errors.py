"""What the ground cannot do, and why: each with a short code for programs and one sentence for people.

GroundError                  .code
├── ArchiveError             the archive cannot be opened or written
│   └── DamagedArchiveError  what is in its file is not what we wrote
├── BusyError                too much waits to be sent
├── NotHeardError            the node is not heard, so nothing is sent
├── MismatchError            the node flies another dictionary
├── ServiceError             no ground service answers
├── ServiceRefusedError      the service understood and said no; its own code
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
    """What is in the archive's file is not what we wrote, or not ours at all."""


class BusyError(GroundError):
    """Too much waits to be sent; try again later."""

    code = "busy"


class NotHeardError(GroundError):
    """The node is not heard, so nothing is sent that it might execute much later."""

    code = "not_heard"


class MismatchError(GroundError):
    """The node flies another dictionary than ours."""

    code = "dictionary_mismatch"


class ServiceError(GroundError):
    """No ground service answers on the socket, or it went away."""

    code = "no_service"


class WaitError(GroundError):
    """What was waited for did not happen in time."""

    code = "timeout"


class ServiceRefusedError(GroundError):
    """The service understood the request and said no; `refusal` is its code."""

    code = "refused"

    def __init__(self, refusal: str, message: str) -> None:
        super().__init__(message)
        self.refusal = refusal
