"""Where the service's socket is, and how it is made so that only its owner can use it."""

import os
import socket
import tempfile
from pathlib import Path

from ground.errors import ServiceError
from kernels.usage import UsageError, shown

_PATH_OCTETS_MAX = 107  # of a Unix socket's address (unix(7))


def default_path() -> Path:
    """The default for service and clients: in the user's runtime folder, or else in a folder of the user's own."""
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    folder = Path(runtime) / "skyrack" if runtime else Path(tempfile.gettempdir()) / f"skyrack-{os.getuid()}"
    return folder / "ground.sock"


def connect(path: Path) -> socket.socket:
    """A connection to the service at `path`. Raises ServiceError where there is none."""
    _check_length(path)
    connection = socket.socket(socket.AF_UNIX)
    try:
        _check_owner(path)
        connection.connect(str(path))
    except OSError as error:
        connection.close()
        if isinstance(error, ServiceError):
            raise
        raise ServiceError(f"no ground service answers at {shown(path)}; `skyrack ground serve` starts one") from error
    return connection


def listen(path: Path) -> socket.socket:
    """A listening socket of mode 0600. A socket that a killed service left at `path` is replaced.

    Raises ServiceError where a service runs already, something else is in the way, or `path` cannot be made.
    """
    _check_length(path)
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _check_owner(path)
        _remove_stale(path)
        return _bound(path)
    except ServiceError:
        raise
    except OSError as error:
        raise ServiceError(f"socket {path}: {error.strerror}") from error


def release(path: Path) -> None:
    """Remove the socket file at `path` of a listener that is closed, unless another file has the name by now."""
    if path.is_socket():
        path.unlink(missing_ok=True)


def _bound(path: Path) -> socket.socket:
    listener = socket.socket(socket.AF_UNIX)
    mask = os.umask(0o177)  # so that the socket never has a wider mode, as before a chmod
    try:
        listener.bind(str(path))
        listener.listen()
    except OSError:
        listener.close()
        raise
    finally:
        os.umask(mask)
    return listener


def _check_length(path: Path) -> None:
    if len(os.fsencode(path)) > _PATH_OCTETS_MAX:
        raise UsageError(f"socket {path}: the path is longer than {_PATH_OCTETS_MAX} octets, choose one with --socket")


def _check_owner(path: Path) -> None:
    """Raises ServiceError unless the folder belongs to the user or to root: its owner could replace the socket."""
    if path.parent.stat().st_uid not in (os.getuid(), 0):
        raise ServiceError(f"socket {path}: its folder belongs to another user")


def _remove_stale(path: Path) -> None:
    if not path.exists():
        return
    if not path.is_socket():
        raise ServiceError(f"socket {path}: something that is no socket is in the way")
    try:
        connect(path).close()
    except ServiceError:
        path.unlink(missing_ok=True)
    else:
        raise ServiceError(f"socket {path}: a ground service runs there already; choose another with --socket")
