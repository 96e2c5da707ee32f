"""What was set by command survives a restart: one record for each service that remembers.

A record is stored when a request of its service was executed and before its completion is reported, so that nothing
acknowledged is forgotten. Where the medium fails, the record's fault says so (app memory), and the service goes on.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import Any, Protocol

from fsw.store.durable import Durable
from fsw.store.records import Records
from link.pus.message import Report, Request


class Remembering(Protocol):
    """A service whose state survives a restart. `state` is a struct of at most STATE_OCTETS_MAX as MessagePack."""

    STATE_OCTETS_MAX: int

    @property
    def state(self) -> Any:
        """What was set by command, as a struct that never changes."""
        ...

    def restore(self, state: Any) -> int:
        """Begin with `state`; returns how many items of it do not fit this software and were left out."""
        ...


class ServiceMemory:
    """The records of services, by the names that reports use."""

    def __init__(self, records: Records) -> None:
        self._records = records
        self._kept: dict[str, tuple[Remembering, Durable[Any]]] = {}
        self._misfits: dict[str, int] = {}

    def add(self, name: str, service: Remembering) -> None:
        """Give `service` its state of before the restart, and keep it from now on."""
        record = self._records.open(name, service.state, service.STATE_OCTETS_MAX)
        self._kept[name] = service, record
        misfits = service.restore(record.value)
        if misfits:
            self._misfits[name] = misfits

    def drain_misfits(self) -> dict[str, int]:
        """By name, how many items of an earlier software were left out; {} after the first call."""
        misfits, self._misfits = self._misfits, {}
        return misfits

    def keep(self, name: str) -> None:
        """Store the state of a service, if it has changed."""
        service, record = self._kept[name]
        state = service.state
        if state != record.value:
            with suppress(OSError):  # the record counts it
                record.store(state)

    def keeping(
        self, name: str, handler: Callable[[Request], Iterable[Report]]
    ) -> Callable[[Request], Iterable[Report]]:
        """`handler`, after which the state of its service is stored: also what a request changed before it failed."""

        def handle(request: Request) -> Iterator[Report]:
            try:
                yield from handler(request)
            finally:
                self.keep(name)

        return handle
