"""What answers the requests of a service."""

from collections.abc import Callable, Iterable

from fsw.executive.app import Pending
from link.pus.message import Report, Request

Handler = Callable[[Request], Iterable[Report] | Pending]
"""Executes a request and gives its reports, or a Pending where it goes on. Raises RefusedError."""
