"""What a node hands in to the apps of the user's own: its devices, its bus, its jobs, a log and a folder for each."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from fsw.executive.app import App
from fsw.executive.bus import Bus
from fsw.own.fields import Room, Subscription, Wanted, wanted_by
from fsw.own.folder import Folder
from fsw.own.jobs import Jobs, SharedRunner
from fsw.own.loading import OwnApp, made
from fsw.own.log import Log
from hal.board import Board
from hal.camera import Camera
from hal.clock import Clock
from hal.medium import Medium
from link.dictionary.declare import Record


@dataclass(frozen=True, kw_only=True)
class Provisions:
    """Each app has its folder in `folder` on `medium`, called as the app is; `report` accepts name and record."""

    clock: Clock
    board: Board
    camera: Camera
    bus: Bus
    runner: SharedRunner
    medium: Medium
    folder: Path
    report: Callable[[str, Record], None]

    def app(self, own: OwnApp) -> App:
        """A new instance of an app, with all that its fields ask for. Raises UsageError."""
        wanted = wanted_by(own.kind)
        return made(own, {name: self._handed(own, name, one) for name, one in wanted.items()})

    def _handed(self, own: OwnApp, field: str, wanted: Wanted) -> Any:
        app = own.kind.app_name
        match wanted:
            case Subscription(topic, capacity, policy):
                return self.bus.subscribe(topic, f"{app}.{field}", capacity=capacity, policy=policy)
            case Room(octets_max):
                return Folder(self.folder / app / field, self.medium, octets_max)
        if wanted is Jobs:
            return Jobs(self.runner, app, own.file.resolve().parent)
        if wanted is Log:
            return Log(app, partial(self.report, app))
        devices: dict[Any, Any] = {Board: self.board, Camera: self.camera, Clock: self.clock}
        return devices[wanted]
