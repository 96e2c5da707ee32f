"""A camera whose world is a folder of real scenes."""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from hal.camera import CameraError, Frame, Georeference
from hal.clock import Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """A recorded frame: an .npz with `dn` (band, row, column) and `band` (names), and its place on the map."""

    path: Path
    georeference: Georeference


@dataclass(frozen=True, slots=True)
class SceneCamera:
    """`Camera` that sees `scenes`, by name of the target."""

    scenes: Mapping[str, Scene]
    clock: Clock

    def capture(self, target: str) -> Frame:
        """The recorded frame, stamped with this clock's now; raises CameraError."""
        scene = self.scenes.get(target)
        if scene is None:
            raise CameraError(f"no target {target!r} in sight; known: {', '.join(sorted(self.scenes))}")
        try:
            with np.load(scene.path, allow_pickle=False) as archive:
                dn, bands = np.ascontiguousarray(archive["dn"]), tuple(map(str, archive["band"]))
        except (OSError, KeyError, ValueError, EOFError, BadZipFile, zlib.error) as error:
            raise CameraError(f"{scene.path}: not a readable scene ({error})") from error
        return Frame(
            target=target,
            dn=dn,
            bands=bands,
            georeference=scene.georeference,
            captured_utc_ns=self.clock.utc_ns(),
        )
