"""A camera whose world is a folder of real scenes."""

import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np

from hal.camera import CameraError, Frame, Georeference
from hal.clock import Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """A recorded frame: an .npz with `band` (names), `dn` or `raw12` (as in hal.camera.Frame), and its place."""

    path: Path
    georeference: Georeference

    def form(self) -> "Form":
        """What the frame is like, without reading all of it; raises CameraError."""
        with _opened(self.path) as archive:
            is_packed, bands = "raw12" in archive, tuple(map(str, archive["band"]))
            with archive.zip.open("raw12.npy" if is_packed else "dn.npy") as file:
                np.lib.format.read_magic(file)
                shape, _, dtype = np.lib.format.read_array_header_1_0(file)
        return Form(is_packed=is_packed, dtype=dtype.name, shape=shape, bands=bands)


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """All of a frame but its samples."""

    is_packed: bool
    dtype: str
    shape: tuple[int, ...]
    bands: tuple[str, ...]


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
        with _opened(scene.path) as archive:
            is_packed, bands = "raw12" in archive, tuple(map(str, archive["band"]))
            dn = np.ascontiguousarray(archive["raw12" if is_packed else "dn"])
        return Frame(
            target=target,
            dn=dn,
            bands=bands,
            georeference=scene.georeference,
            captured_utc_ns=self.clock.utc_ns(),
            is_packed=is_packed,
        )


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    """An archive to read from; whatever is wrong with it is a CameraError."""
    try:
        with np.load(path, allow_pickle=False) as archive:
            yield archive
    except (OSError, KeyError, ValueError, EOFError, BadZipFile, zlib.error) as error:
        raise CameraError(f"{path}: not a readable scene ({error})") from error
