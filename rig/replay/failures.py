"""Exceptions of devices, made again as they were recorded."""

import builtins

from fsw.flightlog.entries import DeviceFailure
from fsw.jobs.job import JobsFullError
from hal.camera import CameraError
from hal.port import PortClosed

_OURS: dict[str, type[BaseException]] = {kind.__name__: kind for kind in (CameraError, JobsFullError, PortClosed)}


class RecordedStop(BaseException):
    """Something that is no Exception, and ended the recorded node."""


def raised(failure: DeviceFailure) -> BaseException:
    """The exception: of its own class where that is one of Python's or a device's, else of a class of that name."""
    if failure.errno is not None:
        return OSError(failure.errno, failure.strerror, failure.filename, None, failure.filename2)
    base = RecordedStop if failure.is_stop else _base(failure.kind)
    name = failure.kind if failure.kind.isidentifier() else "DeviceFailure"
    kind: type[BaseException] = type(name, (base,), {"__init__": _nothing, "__str__": lambda _: failure.text})
    return kind()


def _nothing(_: BaseException) -> None:
    """Some exceptions want arguments, which were not recorded."""


def _base(name: str) -> type[BaseException]:
    found = _OURS.get(name) or getattr(builtins, name, None)
    if isinstance(found, type) and issubclass(found, Exception) and not issubclass(found, BaseExceptionGroup):
        return found
    return Exception
