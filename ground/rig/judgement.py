"""What came down of the cloud screening mission, against the published numbers and masks.

None of it is computed with the kernels that screened. `useful` octets are those of whole tiles, as far as the published
mask calls their pixels clear. FIFO, which sends frames as they were taken, sends cloud in the share that the frames
have of it, 1 - c of its octets being useful; nobody can do better than 1 / (1 - c) times that, which is all octets.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ground.records import EventRecord
from ground.rig.answer import read_runs
from ground.rig.scenes import Scenes
from link.errors import DecodeError
from link.screening import CloudMask, Tile

OF_CEILING_MIN = 0.98


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """What a pass of `pass_s` seconds and `line_octets` brought: whole files by name, and octets of others."""

    files: Mapping[str, bytes]
    partial_octets: int
    line_octets: int
    pass_s: float


@dataclass
class _Scene:
    """One scene so far: `seen` pixels came down; `wrong` is what differs, in words."""

    dn: NDArray[np.uint16]
    clouds: NDArray[np.uint8]
    seen: NDArray[np.bool_] = field(init=False)
    mask_equal: bool = False
    tiles: int = 0
    useful_octets: float = 0.0
    wrong: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.seen = np.zeros(self.clouds.shape, bool)

    def take_mask(self, mask: CloudMask) -> None:
        self.mask_equal = np.array_equal(read_runs(mask.runs, mask.shape), self.clouds != 0)
        if not self.mask_equal:
            self.wrong.append("the mask differs from the published one")

    def take_tile(self, tile: Tile, octets: int, cloud_share_max: float) -> None:
        rows = slice(tile.row, tile.row + tile.samples.shape[1])
        columns = slice(tile.column, tile.column + tile.samples.shape[2])
        where, clouds = f"tile at row {tile.row}, column {tile.column}", self.clouds[rows, columns]
        if not np.array_equal(tile.samples, self.dn[:, rows, columns]):
            self.wrong.append(f"{where}: other samples than were seen")
        elif clouds.mean() > cloud_share_max:
            self.wrong.append(f"{where}: {clouds.mean():.0%} cloud")
        elif self.seen[rows, columns].any():
            self.wrong.append(f"{where}: came twice")
        else:
            self.seen[rows, columns] = True
            self.tiles += 1
            self.useful_octets += octets * (1 - float(clouds.mean()))


def judge(
    scenes: Scenes, received: Received, told: Mapping[str, EventRecord], *, cloud_share_max: float
) -> dict[str, Any]:
    """One object with stable keys; `ok` where all is as it should be. `told`: the node's word of each scene."""
    found = {target: _Scene(*both) for target, *both in zip(scenes.targets, scenes.dn, scenes.clouds, strict=True)}
    strays = list(_sorted_in(found, received.files, cloud_share_max))
    file_octets = sum(map(len, received.files.values())) + received.partial_octets
    useful = sum(scene.useful_octets for scene in found.values())
    cloud_share = float(scenes.clouds.mean())
    missing = sum(int(((scene.clouds == 0) & ~scene.seen).sum()) for scene in found.values())
    of_ceiling = useful / file_octets if file_octets else 0.0
    right = not strays and all(scene.mask_equal and not scene.wrong for scene in found.values())
    return {
        "ok": right and missing > 0 and of_ceiling >= OF_CEILING_MIN,
        "scenes": [_scene(target, scene, told[target]) for target, scene in found.items()],
        "strays": strays,
        "pass": {
            "seconds": received.pass_s,
            "bits": 10 * received.line_octets,
            "file_octets": file_octets,
            "saturated": missing > 0,
        },
        "useful": {
            "octets": round(useful),
            "share": round(of_ceiling, 4),
            "cloud_share": round(cloud_share, 4),
            "gain_over_fifo": round(of_ceiling / (1 - cloud_share), 4),
            "ceiling": round(1 / (1 - cloud_share), 4),
            "of_ceiling": round(of_ceiling, 4),
            "expected": OF_CEILING_MIN,
        },
    }


def _sorted_in(found: dict[str, _Scene], files: Mapping[str, bytes], cloud_share_max: float) -> Iterator[str]:
    """Give each file to its scene; what is none is told."""
    for name, octets in files.items():
        try:
            if name.endswith(".clouds"):
                mask = CloudMask.decode(octets)
                found[mask.target].take_mask(mask)
            else:
                tile = Tile.decode(octets)
                found[tile.target].take_tile(tile, len(octets), cloud_share_max)
        except (DecodeError, KeyError) as error:
            yield f"{name}: {error}"


def _scene(target: str, scene: _Scene, told: EventRecord) -> dict[str, Any]:
    values = told.values
    return {
        "target": target,
        "cloud_share": round(float(scene.clouds.mean()), 4),
        "mask_equal": scene.mask_equal,
        "tiles": scene.tiles,
        "seen_share": round(float(scene.seen.mean()), 4),
        "seconds": float(values["compute_ms"] or 0) / 1000,
        "joules": {"value": round(float(values["joules"] or 0), 6), "source": str(values["power_source"])},
        "differences": scene.wrong,
    }


def judgement_lines(report: dict[str, Any]) -> list[str]:
    """The judgement as a person reads it."""
    window, useful = report["pass"], report["useful"]
    lines = [line for scene in report["scenes"] for line in _scene_lines(scene)]
    return [
        *lines,
        *(f"stray     {stray}" for stray in report["strays"]),
        f"pass      {window['seconds']:g} s, {window['bits']} bits: {window['file_octets']} octets of files, "
        + ("saturated" if window["saturated"] else "NOT SATURATED: everything clear came down"),
        f"useful    {useful['octets']} octets, {useful['gain_over_fifo']:.3f} times as many as FIFO; the ceiling at "
        f"{useful['cloud_share']:.1%} cloud is {useful['ceiling']:.3f}",
        f"          {useful['of_ceiling']:.1%} of the ceiling, expected {useful['expected']:.0%} or more",
        f"judgement {'right' if report['ok'] else 'WRONG'}",
    ]


def _scene_lines(scene: dict[str, Any]) -> list[str]:
    mask = "equals the published one" if scene["mask_equal"] else "is NOT the published one"
    joules = scene["joules"]
    return [
        f"{scene['target']:9} {scene['cloud_share']:.1%} cloud, the mask {mask}; {scene['tiles']} tiles, "
        f"{scene['seen_share']:.0%} of the image; {scene['seconds']:.3f} s, {joules['value']:.3f} J {joules['source']}",
        *(f"{'':9} {difference}" for difference in scene["differences"]),
    ]
