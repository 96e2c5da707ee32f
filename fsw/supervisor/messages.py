"""What the processes of a node tell each other: one JSON object a message, on sockets that keep message boundaries.

The supervisor reads and writes only what the standard library can, so that it stays small.
"""

import errno
import json
import os
from typing import Any, NamedTuple

from kernels.usage import UsageError

OCTETS_MAX = 1 << 16
_TEXT_MAX = 4000

Told = dict[str, Any]


class Start(NamedTuple):
    """The start of an executive. `incarnation` counts those of this supervisor, from 1 on.

    `cause`: why the one before it ended; `counts`: how many ended for each cause since one noted it; `is_safe`: this
    one is to begin in safe mode; `slot`: where its software is from, "G" for what is installed.
    """

    incarnation: int
    cause: str
    counts: dict[str, int]
    is_safe: bool
    slot: str = "G"

    @property
    def is_first(self) -> bool:
        """Whether a mistake of a person, such as a port that does not exist, ends the node and is not retried."""
        return self.incarnation == 1


class Chosen(NamedTuple):
    """The software that is started next: that of `slot`, which lies in `folder`; where that is "", what is installed.

    `is_counted`: the start is counted on the medium.
    """

    slot: str = "G"
    version: str = ""
    folder: str = ""
    is_trial: bool = False
    is_counted: bool = True
    complaint: str = ""


class BoardError(RuntimeError):
    """Something that a process of the node could not do, in its own words."""


def to_octets(message: Told) -> bytes:
    """The octets of a message."""
    return json.dumps(message).encode()


def message_in(octets: bytes) -> Told:
    """The message in `octets`; an empty one where they are none."""
    try:
        message = json.loads(octets)
    except ValueError:
        return {}
    return message if isinstance(message, dict) else {}


def start_of(message: Told) -> Start:
    """The start that a message orders."""
    return Start(**{name: message[name] for name in Start._fields if name in message})  # by another version, perhaps


def chosen_in(message: Told) -> Chosen:
    """The choice that a message tells. Raises ValueError where it tells none."""
    if not message:  # all of its fields have defaults, and nobody chose these
        raise ValueError("no choice")
    try:
        return Chosen(**message)
    except TypeError:
        raise ValueError("no choice") from None


def in_words(error: BaseException) -> Told:
    """An error as a message, so that the supervisor can raise what another process ran into."""
    text = " ".join(str(error).split())[:_TEXT_MAX]
    if isinstance(error, UsageError):
        return {"kind": "usage", "text": text}
    if isinstance(error, ModuleNotFoundError):
        return {"kind": "module", "text": text, "name": error.name}
    if isinstance(error, MemoryError):
        return {"kind": "memory", "text": text}
    if isinstance(error, OSError):
        name = os.fspath(error.filename) if isinstance(error.filename, str | os.PathLike) else None
        return {"kind": "os", "text": text, "number": error.errno, "reason": error.strerror, "name": name}
    return {"kind": "bug", "text": f"{type(error).__name__}: {text}"}


def as_error(message: Told) -> Exception:
    """The error of such a message."""
    text = message.get("text", "")
    match message.get("kind"):
        case "usage":
            return UsageError(text)
        case "module":
            return ModuleNotFoundError(text, name=message.get("name"))
        case "memory":
            return MemoryError(text)
        case "os" if message.get("reason"):
            return OSError(message.get("number") or errno.EIO, message["reason"], message.get("name"))
        case "os":
            return OSError(text)
    return BoardError(text)


def wants_tracebacks() -> bool:
    """Whether a person asked for the traceback of each error."""
    return os.environ.get("SKYRACK_DEBUG", "0") not in ("", "0")
