"""Water thresholds of the flood missions compared with labels: `python -m benchmarks.thresholds CHIPS TILES`.

CHIPS is a folder of radar images as for `skyrack demo --mission flood`, some with `s2_dn`; TILES has `hls_tiles_*.npz`
with `sr`, `bands` and `label`. Rules: one threshold for all scenes; the best one for all scenes but the one that it is
tried on, as a threshold tuned by hand; Otsu's for each scene with a fallback to a prior. For each rule: IoU pooled over
all pixels, its range when any one scene is left out, and IoU by scene.
"""

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fsw.pipelines.stages.masks.otsu import Otsu
from kernels.imaging.image import normalised_difference
from kernels.imaging.lee import lee7
from rig.missions.flood import read_chips

NOISE_VARIANCE = 10.0
RADAR_PRIOR, OPTICAL_PRIOR = -20.0, 0.0
RADAR_GRID, OPTICAL_GRID = np.arange(-24, -15.5, 0.5), np.arange(-0.3, 0.35, 0.1)
Rule = Callable[[int], NDArray[np.bool_]]


@dataclass(frozen=True)
class Scene:
    """`values`, in which water is above a threshold; `counts`: pixels labelled and valid; `water`: labelled so."""

    name: str
    values: NDArray[np.float32]
    water: NDArray[np.bool_]
    counts: NDArray[np.bool_]

    def score(self, found: NDArray[np.bool_]) -> NDArray[np.int64]:
        """Numbers of pixels in the intersection and in the union of `found` and the label."""
        wet = self.water & self.counts
        return np.array([(found & wet).sum(), ((found & self.counts) | wet).sum()])


def radar(folder: Path) -> list[Scene]:
    """Radar scenes: VH in dB after the Lee filter, negated, because water is dark."""
    scenes = []
    for name, chip in read_chips(folder).items():
        values = -lee7(np.ascontiguousarray(chip.db[1]), noise_variance=NOISE_VARIANCE)
        scenes.append(Scene(name, values, chip.label == 1, chip.counts & np.isfinite(values)))
    return scenes


def optical(chips: Path, tiles: Path) -> list[Scene]:
    """Optical scenes: MNDWI of green and SWIR 1."""
    scenes = []
    for file in sorted(tiles.glob("hls_tiles_*.npz")):
        with np.load(file) as archive:
            bands = [str(name) for name in archive["bands"]]
            pairs = archive["sr"][:, [bands.index("green"), bands.index("swir1")]].astype(np.float32)
            names, labels = archive["tile_id"], archive["label"].astype(np.int8)
        scenes += [_optical(f"hls_{name}", *both) for name, *both in zip(names, pairs, labels, strict=True)]
    for file in sorted(chips.glob("flood_*.npz")):
        with np.load(file) as archive:
            if "s2_dn" in archive:
                scenes.append(_optical(file.stem, archive["s2_dn"][[2, 11]].astype(np.float32), archive["label"]))
    return scenes


def _optical(name: str, pair: NDArray[np.float32], label: NDArray[np.int8]) -> Scene:
    values = normalised_difference(*pair)
    return Scene(name, values, label == 1, (label >= 0) & np.isfinite(values))


def rules(scenes: Sequence[Scene], grid: NDArray[np.float64], prior: float, otsu: Otsu) -> dict[str, Rule]:
    """Rules by name; each gives the water mask of a scene by its number."""
    table = np.array([[scene.score(scene.values > limit) for limit in grid] for scene in scenes])

    def best_of_others(number: int) -> NDArray[np.bool_]:
        hit, union = np.delete(table, number, axis=0).sum(axis=0).T
        limit = float(grid[int((hit / np.maximum(union, 1)).argmax())])
        return scenes[number].values > limit

    def by_otsu(number: int) -> NDArray[np.bool_]:
        values = scenes[number].values
        given = otsu.run(values=values, valid=np.ones(values.shape, np.uint8))
        return np.asarray(given["mask"] != 0)

    fixed = {f"{limit:+.1f} for all": (lambda number, limit=limit: scenes[number].values > limit) for limit in grid}
    return {
        **fixed,
        "best of the others": best_of_others,
        f"prior {prior:+.1f}": lambda number: scenes[number].values > prior,
        f"Otsu, or {prior:+.1f}": by_otsu,
    }


def lines(title: str, scenes: Sequence[Scene], known: dict[str, Rule]) -> list[str]:
    """A table of the rules' scores, line by line."""
    said = [f"{title}: {len(scenes)} scenes, {', '.join(scene.name for scene in scenes)}"]
    for name, rule in known.items():
        scores = np.array([scene.score(rule(number)) for number, scene in enumerate(scenes)])
        hit, union = scores.sum(axis=0)
        left = [(hit - mine) / (union - of) for mine, of in scores]
        each = " ".join(f"{mine / of:.2f}" if of else " dry" for mine, of in scores)
        said.append(f"  {name:22} pooled {hit / union:.3f}, without one {min(left):.3f}..{max(left):.3f}   {each}")
    return said


def main(argv: Sequence[str] | None = None) -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.thresholds",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("chips", type=Path, metavar="CHIPS")
    parser.add_argument("tiles", type=Path, metavar="TILES")
    options = parser.parse_args(argv)
    dark = radar(options.chips)
    radar_otsu = Otsu(prior=-RADAR_PRIOR, low=17.0, high=23.0)
    print("\n".join(lines("radar, -VH in dB", dark, rules(dark, -RADAR_GRID[::-1], -RADAR_PRIOR, radar_otsu))))
    wet = optical(options.chips, options.tiles)
    optical_otsu = Otsu(prior=OPTICAL_PRIOR, low=-0.3, high=0.3)
    print("\n".join(lines("optical, MNDWI", wet, rules(wet, OPTICAL_GRID, OPTICAL_PRIOR, optical_otsu))))


if __name__ == "__main__":
    main()
