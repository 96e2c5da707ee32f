"""A mission over a person's own images: each becomes a scene beside a copy of the mission."""

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from fsw.mission import load_mission
from ground.rasters.files import read_raster
from ground.rasters.raster import UNPLACED
from ground.rasters.scene import Wish, scene_of
from hal.camera import CameraError
from hal.scene_file import read_samples
from kernels.imaging.georeference import Georeference
from kernels.usage import UsageError, given, shown
from rig.missions.cloudscreen_scenes import with_scenes

_SCENE_MAGIC = b"PK\x03\x04"


def lay_out_images(files: Sequence[Path], bands: tuple[str, ...], path: Path, out: Path) -> Path:
    """Put into `out` a copy of the mission in the file `path`, and the images as scenes; returns the copy.

    Raises UsageError for a file that is no image, or a mission that names files of its own, which a copy lacks. The
    mission's own scenes need not be there.
    """
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        load_mission(path)  # raises UsageError, which says what is wrong
        raise
    said = (tables.get("apps"), tables.get("pipeline"))
    if any((path.parent / text / name).is_file() for text in _texts(said) for name in ("", "__init__.py")):
        raise UsageError(
            f"{shown(path)} names files of its own: write your scenes into it, `skyrack scene import` helps"
        )
    out.mkdir(parents=True, exist_ok=True)
    places: dict[str, Georeference] = {}
    for file in files:
        target = _target(file, places)
        places[target] = _laid(file, bands, out / f"{target}.npz")
    return with_scenes(path, places, out / "mission.toml")


def _texts(value: object) -> Iterator[str]:
    """All texts in a value of a TOML file."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list | tuple):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _texts(item)


def _target(file: Path, known: Mapping[str, Georeference]) -> str:
    """The target of an image, as a mission allows it; a number is added to a name that exists already."""
    stem = re.sub(r"[^a-z0-9_-]+", "-", file.stem.lower())[:36] or "scene"
    return stem if stem not in known else f"{stem}-{len(known)}"


def _laid(file: Path, bands: tuple[str, ...], out: Path) -> Georeference:
    """Write the scene; returns its georeference. A file that is a scene already is copied, its place unknown."""
    with file.open("rb") as opened:
        is_archive = opened.read(4) == _SCENE_MAGIC
    if is_archive and not bands:
        try:
            form, dn, valid = read_samples(file)
        except CameraError as error:
            raise UsageError(str(error)) from None
        arrays: dict[str, Any] = {form.item: dn, "band": np.array(form.bands)}
        arrays |= {} if valid is None else {"valid": valid}
        np.savez(out, **arrays)
        return UNPLACED
    with given(file):
        scene = scene_of([read_raster(file, bands=len(bands))], Wish(names=bands))
    np.savez(out, dn=scene.dn, band=np.array(scene.names), valid=scene.valid)
    return scene.place
