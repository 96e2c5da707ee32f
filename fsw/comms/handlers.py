"""What answers the requests of a service."""

from collections.abc import Callable, Iterable

from link.pus.message import Report, Request

Handler = Callable[[Request], Iterable[Report]]
"""Executes a request and gives its reports. Raises RefusedError."""
