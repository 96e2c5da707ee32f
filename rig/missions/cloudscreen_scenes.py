"""The files that the cloud screening mission flies with, made from published scenes and a published model.

A folder DIR has a file `s2_*.npz` with `dn` (scene, row, column, band): Sentinel-2's thirteen bands in order as uint16.
and `cloud_mask_default` (scene, row, column), the published masks, without which none is judged, and `valid`, likewise,
0 where there is no data, without which what is 0 in all bands is none; beside it `s2cloudless_*.txt` or `.txt.gz`, the
LightGBM model that they were made with, or `*.bundle` and `*.pub`, the same as a signed bundle and whose key signed it.
The frames are packed as a 12-bit line camera would give them, each column of
which has a dark signal of its own, so that calibration has something to take off.
"""

import gzip
import re
import shutil
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fsw.pipelines.models import scorer_of
from ground.models.importing import read_model
from hal.scene_file import UNREADABLE
from kernels.imaging.georeference import Georeference
from kernels.usage import UsageError, shown
from link.bundles.keys import new_private_key, public_pem
from link.models.bundle import decode_weights, make_bundle
from link.models.manifest import FREE, ModelContract, Tensor, WorkerLimits

BANDS = ("B01", "B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B09", "B10", "B11", "B12")
MODEL_BANDS = ("B01", "B02", "B04", "B05", "B08", "B8A", "B09", "B10", "B11", "B12")
SAMPLE_MAX = 4095
_SCENE = """[[scene]]
target = "{target}"
file = "{target}.npz"
epsg = {place.epsg}
easting_m = {place.easting_m}
northing_m = {place.northing_m}
pixel_m = {place.pixel_m}

"""
_SCENE_HEAD, _TABLE_HEAD = re.compile(r"\s*\[\[\s*scene\s*\]\]"), re.compile(r"\s*\[")
_TILE_PX = 32  # side of the golden vector
_RIPPLE = 16  # the largest difference of dark signal between columns, in sample units


@dataclass(frozen=True, slots=True)
class Scenes:
    """`dn` (scene, band, row, column), and `clouds` (scene, row, column): 1 where the published masks are, or None.

    `valid` (scene, row, column): 1 where there is data; None where that is everywhere.
    """

    dn: NDArray[np.uint16]
    clouds: NDArray[np.uint8] | None
    valid: NDArray[np.uint8] | None = None

    @property
    def targets(self) -> list[str]:
        """Names of the scenes, in the order in which they were taken."""
        return [f"scene{number}" for number in range(len(self.dn))]


def read_scenes(folder: Path) -> Scenes:
    """The published scenes in a folder; raises UsageError where they are not as the module says."""
    file = _only(folder, "s2_*.npz")
    try:
        with np.load(file, allow_pickle=False) as archive:
            dn, clouds, valid = (archive.get(name) for name in ("dn", "cloud_mask_default", "valid"))
    except UNREADABLE as error:
        raise UsageError(f"{shown(file)}: {error}") from None
    if dn is None:
        raise UsageError(f"{shown(file)}: no dn, expected it and cloud_mask_default")
    if dn.ndim != 4 or dn.dtype != np.uint16 or dn.shape[3] != len(BANDS) or not dn.size:
        raise UsageError(f"{folder}: dn {dn.dtype} {dn.shape}, expected uint16 (scene, row, column, {len(BANDS)})")
    for name, mask in (("cloud_mask_default", clouds), ("valid", valid)):
        if mask is not None and mask.shape != dn.shape[:3]:
            raise UsageError(f"{folder}: {name} {mask.shape}, expected {dn.shape[:3]} as dn has")
    known = dn.any(axis=3) if valid is None else valid != 0
    return Scenes(np.ascontiguousarray(dn.transpose(0, 3, 1, 2)), clouds, None if known.all() else known.view(np.uint8))


def lay_out_scenes(scenes: Scenes, folder: Path, mission: Path, out: Path) -> Path:
    """Put into `out` a copy of `mission` and all the files that it names; returns the copy. Raises UsageError."""
    out.mkdir(parents=True, exist_ok=True)
    valid = np.ones((len(scenes.dn), *scenes.dn.shape[2:]), np.uint8) if scenes.valid is None else scenes.valid
    dark = _dark(scenes.dn, valid)
    np.savez(out / "flat.npz", dark=dark, gain=np.ones_like(dark))
    for target, dn, known in zip(scenes.targets, scenes.dn, valid, strict=True):
        said = {} if known.all() else {"valid": known}
        np.savez(out / f"{target}.npz", band=BANDS, raw12=_packed(dn * known, dark), **said)
    if list(folder.glob("*.bundle")):
        shutil.copy(_only(folder, "*.bundle"), out / "clouds.bundle")
        shutil.copy(_only(folder, "*.pub"), out / "clouds.pub")
    else:
        _write_model(_only(folder, "s2cloudless_*.txt*"), scenes.dn[0], out)
    return with_scenes(mission, scenes.targets, out / "mission.toml")


def with_scenes(mission: Path, scenes: Mapping[str, Georeference] | Iterable[str], out: Path) -> Path:
    """Write a copy of `mission` whose scenes are TARGET.npz beside it; returns `out`.

    Scenes without a georeference get an unknown place, and the pixel size of the mission's own scenes. Raises
    UsageError for a mission whose scenes are not [[scene]] tables.
    """
    lines, kept, is_scene = mission.read_text(encoding="utf-8").splitlines(keepends=True), list[str](), False
    first, *_ = tomllib.loads("".join(lines))["scene"]
    unknown = Georeference(epsg=0, easting_m=0.0, northing_m=0.0, pixel_m=first["pixel_m"])
    places = scenes if isinstance(scenes, Mapping) else dict.fromkeys(scenes, unknown)
    for line in lines:
        is_scene = bool(_SCENE_HEAD.match(line)) or (is_scene and not _TABLE_HEAD.match(line))
        kept += [] if is_scene else [line]
    tables = [_SCENE.format(target=target, place=place) for target, place in places.items()]
    text = "".join([*kept, "\n", *tables])
    if len(tomllib.loads("".join(kept)).get("scene", ())):
        raise UsageError(
            f"{shown(mission)}: its scenes are no [[scene]] tables, so that others cannot take their place"
        )
    out.write_text(text, encoding="utf-8")
    return out


def _only(folder: Path, pattern: str) -> Path:
    found = sorted(folder.glob(pattern))
    if len(found) != 1:
        raise UsageError(f"{shown(folder)}: {len(found)} files {pattern}, expected one")
    return found[0]


def _dark(dn: NDArray[np.uint16], valid: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Dark signal (band, column), below zero, as the numbers have an offset that 12-bit samples have no room for."""
    bands, columns = dn.shape[1], dn.shape[3]
    ripple = np.random.default_rng(1).integers(0, _RIPPLE + 1, (bands, columns))
    seen = dn.transpose(1, 0, 2, 3)[:, valid != 0] if valid.any() else np.zeros((bands, 1), np.uint16)
    lowest, highest = seen.min(axis=1), seen.max(axis=1)
    if (highest - lowest).max() + _RIPPLE > SAMPLE_MAX:
        raise UsageError("the scenes range over more numbers than 12-bit samples have")
    dark: NDArray[np.float32] = (ripple - lowest[:, None].astype(np.int64)).astype(np.float32)
    return dark


def _packed(dn: NDArray[np.uint16], dark: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Samples (band, row, octet) from which calibration makes `dn`: two samples in three octets (MIPI CSI-2 RAW12).

    An odd last sample takes two octets. Pixels without data are samples of 0.
    """
    samples = np.maximum(dn.astype(np.int64) + dark[:, None].astype(np.int64), 0).astype(np.uint16)
    is_odd = samples.shape[2] % 2
    even, odd = np.pad(samples, ((0, 0), (0, 0), (0, is_odd))).reshape(*samples.shape[:2], -1, 2).transpose(3, 0, 1, 2)
    octets = np.stack([even >> 4, odd >> 4, (even & 15) | (odd & 15) << 4], axis=-1).astype(np.uint8)
    packed = octets.reshape(*octets.shape[:2], -1)
    return np.delete(packed, -2, axis=2) if is_odd else packed


def _write_model(file: Path, dn: NDArray[np.uint16], out: Path) -> None:
    """Write the model as a signed bundle, and the public key; the private key is dropped on return."""
    octets = gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()
    imported = read_model(octets)
    taken = Tensor(dtype="uint16", shape=(len(MODEL_BANDS), FREE, FREE), bands=MODEL_BANDS, divisor=10_000)
    tile = np.ascontiguousarray(dn[[BANDS.index(band) for band in MODEL_BANDS], :_TILE_PX, :_TILE_PX])
    answer: NDArray[Any] = scorer_of(decode_weights(imported.kind, imported.weights), taken).run(tile)
    bundle = make_bundle(
        name="s2cloudless",
        version="0.1",
        kind=imported.kind,
        weights=imported.weights,
        contract=ModelContract(input=taken, output=Tensor(dtype=answer.dtype.name, shape=(FREE, FREE))),
        golden=(tile, answer),
        tolerance=0.0,
        limits=WorkerLimits(timeout_s=20, memory_octets=512 << 20),
    )
    key = new_private_key()
    (out / "clouds.bundle").write_bytes(bundle.encode(key))
    (out / "clouds.pub").write_bytes(public_pem(key))
