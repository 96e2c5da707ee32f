"""Answers clients' requests. No I/O but the archive's: requests and times go in, records come out."""

from typing import Any

from ground.archive.history import history
from ground.service import api
from ground.station.station import Station
from hal.clock import Moment
from link.dictionary import Dictionary


class Answers:
    """Answers requests about `station`."""

    def __init__(self, station: Station, dictionary: Dictionary) -> None:
        self._station, self._known, self._dictionary = station, station.known, dictionary

    def answer(self, request: api.AnyRequest, now: Moment) -> Any:
        """The record or records that the docstring of the request's class names. Raises ValueError, GroundError."""
        match request:
            case api.GetStatus():
                return self._station.status(now)
            case api.SendCommand():
                return self._station.command(request.name, request.arguments, now, confirmed=request.confirm)
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
