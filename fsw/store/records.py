"""The records of a node that survive its restarts, all in one folder."""

from pathlib import Path
from typing import Any, TypeVar

import msgspec

from fsw.store.durable import Durable
from hal.medium import Medium

_Value = TypeVar("_Value", bound=msgspec.Struct)


class Records:
    """Opens records in `folder` of `medium`. `opened`: each record by the name that reports use."""

    def __init__(self, folder: Path, medium: Medium) -> None:
        self._folder, self._medium = folder, medium
        self.opened: dict[str, Durable[Any]] = {}
        self._has_safe_names = False

    def open(self, name: str, default: _Value, octets_max: int) -> Durable[_Value]:
        """The record `name`, of at most `octets_max` octets as MessagePack; it begins as `default`."""
        known = f"memory of {name}"
        assert known not in self.opened, name
        record = self.opened[known] = Durable(self._folder, name, default, octets_max, self._medium, self._sync_names)
        return record

    def _sync_names(self) -> None:
        """Make safe the names that earlier processes gave, once for all records. Raises OSError."""
        if not self._has_safe_names:
            self._medium.sync(self._folder)
            self._has_safe_names = True
