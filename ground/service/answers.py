"""Answers clients' requests. No I/O but the archive's: requests and times go in, records come out."""

from pathlib import Path
from typing import Any

from ground.archive.history import history
from ground.service import api
from ground.station.inbox import Inbox
from ground.station.station import Station
from hal.clock import Moment
from link.dictionary import Dictionary


class Answers:
    """Answers requests about `station`. Files to be sent are copied to `inbox`; None: no file can be sent."""

    def __init__(self, station: Station, dictionary: Dictionary, inbox: Inbox | None = None) -> None:
        self._station, self._known, self._dictionary = station, station.known, dictionary
        self._inbox = inbox

    def answer(self, request: api.AnyRequest, now: Moment) -> Any:
        """The record or records that the docstring of the request's class names. Raises ValueError, GroundError."""
        match request:
            case api.GetStatus():
                return self._station.status(now)
            case api.SendCommand():
                return self._station.command(request.name, request.arguments, now, confirmed=request.confirm)
            case api.SendFile():
                return self._station.send_file(self._staged(request.path), request.name, now)
            case api.LocateFile():
                return str(self._own_inbox.path(request.name).resolve())
            case api.GetLatest():
                return self._station.latest
            case api.ListCommands():
                return self._known.commands(request.since_ns, request.limit)
            case api.ListEvents():
                return self._known.events(request.since_ns, request.limit)
            case api.ListFiles():
                return self._known.files(request.since_ns, request.limit)
            case api.GetHistory():
                since = {"since_ns": request.since_ns, "limit": request.limit}
                return history(self._known, self._dictionary, request.parameter, **since)
        raise ValueError(f"{type(request).__name__} is the service's own business")

    @property
    def _own_inbox(self) -> Inbox:
        if self._inbox is None:
            raise ValueError("this service keeps no files")
        return self._inbox

    def _staged(self, path: str) -> str:
        """What the inbox calls its copy of a file of this computer. Raises ValueError."""
        try:
            return self._own_inbox.stage(Path(path))
        except OSError as error:
            raise ValueError(f"{path}: {error.strerror or error}") from None
