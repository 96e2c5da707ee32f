"""What the cloud screening mission flies with, made from published scenes and a published model.

A folder DIR has a file `s2_*.npz` with `dn` (scene, row, column, band), Sentinel-2's thirteen bands in order as uint16,
and `cloud_mask_default` (scene, row, column), the published masks; beside it `s2cloudless_*.txt` or `.txt.gz`, the
LightGBM model that they were made with, or `*.bundle` and `*.pub`, the same as a signed bundle and whose key signed it.
The frames are packed as a 12-bit line camera would give them, each column of
which has a dark signal of its own, so that calibration has something to take off.
"""

import gzip
import shutil
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fsw.models import scorer_of
from hal.usage import UsageError, shown
from link.models.bundle import decode_weights, make_bundle
from link.models.importing import read_model
from link.models.keys import new_private_key, public_pem
from link.models.manifest import FREE, Contract, Limits, Tensor

BANDS = ("B01", "B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B09", "B10", "B11", "B12")
MODEL_BANDS = ("B01", "B02", "B04", "B05", "B08", "B8A", "B09", "B10", "B11", "B12")
SAMPLE_MAX = 4095
_SCENE = """[[scene]]
target = "{target}"
file = "{target}.npz"
epsg = 0
easting_m = 0.0
northing_m = 0.0
pixel_m = {pixel_m}

"""
_TILE_PX = 32  # side of the golden vector
_RIPPLE = 16  # the largest difference of dark signal between columns, in sample units


@dataclass(frozen=True, slots=True)
class Scenes:
    """`dn` (scene, band, row, column), and `clouds` (scene, row, column): 1 where the published masks are."""

    dn: NDArray[np.uint16]
    clouds: NDArray[np.uint8]

    @property
    def targets(self) -> list[str]:
        """Names of the scenes, in the order in which they were taken."""
        return [f"scene{number}" for number in range(len(self.dn))]


def read_scenes(folder: Path) -> Scenes:
    """The published scenes in a folder; raises UsageError where they are not as the module says."""
    with np.load(_only(folder, "s2_*.npz"), allow_pickle=False) as archive:
        try:
            dn, clouds = archive["dn"], archive["cloud_mask_default"]
        except KeyError as error:
            raise UsageError(f"{folder}: {error}, expected dn and cloud_mask_default") from None
    if dn.ndim != 4 or dn.dtype != np.uint16 or dn.shape[3] != len(BANDS) or dn.shape[:3] != clouds.shape:
        raise UsageError(f"{folder}: dn {dn.dtype} {dn.shape}, expected uint16 (scene, row, column, {len(BANDS)})")
    return Scenes(np.ascontiguousarray(dn.transpose(0, 3, 1, 2)), clouds)


def lay_out(scenes: Scenes, folder: Path, mission: Path, out: Path) -> Path:
    """Put into `out` a copy of `mission` and all the files that it names; returns the copy. Raises UsageError."""
    out.mkdir(parents=True, exist_ok=True)
    dark = _dark(scenes.dn)
    np.savez(out / "flat.npz", dark=dark, gain=np.ones_like(dark))
    for target, dn in zip(scenes.targets, scenes.dn, strict=True):
        np.savez(out / f"{target}.npz", band=BANDS, raw12=_packed(dn, dark))
    if list(folder.glob("*.bundle")):
        shutil.copy(_only(folder, "*.bundle"), out / "clouds.bundle")
        shutil.copy(_only(folder, "*.pub"), out / "clouds.pub")
    else:
        _write_model(_only(folder, "s2cloudless_*.txt*"), scenes.dn[0], out)
    return with_scenes(mission, scenes.targets, out / "mission.toml")


def with_scenes(mission: Path, targets: Iterable[str], out: Path) -> Path:
    """Write a copy of `mission` whose scenes are TARGET.npz beside it, of unknown place; returns `out`."""
    text = mission.read_text(encoding="utf-8")
    start, end = text.index("[[scene]]"), text.index("[link]")
    first, *_ = tomllib.loads(text)["scene"]
    tables = (_SCENE.format(target=target, pixel_m=first["pixel_m"]) for target in targets)
    out.write_text(text[:start] + "".join(tables) + text[end:], encoding="utf-8")
    return out


def _only(folder: Path, pattern: str) -> Path:
    found = sorted(folder.glob(pattern))
    if len(found) != 1:
        raise UsageError(f"{shown(folder)}: {len(found)} files {pattern}, expected one")
    return found[0]


def _dark(dn: NDArray[np.uint16]) -> NDArray[np.float32]:
    """(band, column): below zero, for the numbers have an offset that the samples have no room for."""
    bands, columns = dn.shape[1], dn.shape[3]
    ripple = np.random.default_rng(1).integers(0, _RIPPLE + 1, (bands, columns))
    lowest, highest = dn.min(axis=(0, 2, 3)), dn.max(axis=(0, 2, 3))
    if (highest - lowest).max() + _RIPPLE > SAMPLE_MAX:
        raise UsageError("the scenes range over more numbers than 12-bit samples have")
    dark: NDArray[np.float32] = (ripple - lowest[:, None].astype(np.int64)).astype(np.float32)
    return dark


def _packed(dn: NDArray[np.uint16], dark: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Samples (band, row, octet) from which calibration makes `dn`: two in three octets (MIPI CSI-2 RAW12)."""
    samples = (dn.astype(np.int64) + dark[:, None].astype(np.int64)).astype(np.uint16)
    even, odd = samples[..., ::2], samples[..., 1::2]
    octets = np.stack([even >> 4, odd >> 4, (even & 15) | (odd & 15) << 4], axis=-1).astype(np.uint8)
    return octets.reshape(*octets.shape[:2], -1)


def _write_model(file: Path, dn: NDArray[np.uint16], out: Path) -> None:
    """The model as a bundle, signed by a key that nobody has any more when this returns."""
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
        contract=Contract(input=taken, output=Tensor(dtype=answer.dtype.name, shape=(FREE, FREE))),
        golden=(tile, answer),
        tolerance=0.0,
        limits=Limits(timeout_s=20, memory_octets=512 << 20),
    )
    key = new_private_key()
    (out / "clouds.bundle").write_bytes(bundle.encode(key))
    (out / "clouds.pub").write_bytes(public_pem(key))
