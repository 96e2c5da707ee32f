"""What the cloud screening mission delivered, compared with the published numbers and masks.

None of it is computed with the kernels that screened. `useful` octets are those of whole tiles, in the share of their
valid pixels that the published mask calls clear. FIFO, which sends frames in the order they were taken, sends cloud
and pixels without data in the share that the frames have of them; if u of all pixels are clear data, u of its
octets are useful, and nobody can do better than 1 / u times that, which is all octets.

A mask is published for a whole scene: it is compared where no pixel without data is within reach of its rule. Where
none is published, the received mask is used in its place, and is not judged.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ground.records import EventRecord
from link.errors import DecodeError
from link.products.screening import CloudMaskProduct, Tile
from rig.missions.cloudscreen_scenes import Scenes
from rig.missions.coastwatch_truth import read_runs

OF_CEILING_MIN = 0.98


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """The result of a pass of `pass_s` seconds and `line_octets`: complete files by name, octets of incomplete ones."""

    files: Mapping[str, bytes]
    partial_octets: int
    line_octets: int
    pass_s: float


@dataclass
class _Scene:
    """One scene so far: `seen` pixels were received; `wrong` has each difference in words."""

    dn: NDArray[np.uint16]
    published: NDArray[np.bool_] | None
    valid: NDArray[np.bool_]
    reach_px: int
    clouds: NDArray[np.bool_] = field(init=False)
    seen: NDArray[np.bool_] = field(init=False)
    mask_equal: bool | None = False
    tiles: int = 0
    useful_octets: float = 0.0
    wrong: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.seen = np.zeros(self.valid.shape, bool)
        self.clouds = self.seen if self.published is None else self.published & self.valid

    @property
    def clear(self) -> NDArray[np.bool_]:
        """The pixels that are data and not cloud."""
        return self.valid & ~self.clouds

    def accept_mask(self, mask: CloudMaskProduct) -> None:
        clouds = read_runs(mask.runs, mask.shape)
        valid = read_runs(mask.valid_runs, mask.shape) if mask.valid_runs else np.ones(mask.shape, bool)
        if clouds.shape != self.valid.shape or not np.array_equal(valid, self.valid):
            self.wrong.append("the mask says otherwise which pixels are data")
            return
        if self.published is None:
            self.clouds, self.mask_equal = clouds & self.valid, None
            return
        known = _surrounded(self.valid, self.reach_px)
        self.mask_equal = bool(np.array_equal(clouds & known, self.published & known))
        if not self.mask_equal:
            self.wrong.append("the mask differs from the published one")
        self.clouds = np.where(known, self.clouds, clouds & self.valid)

    def accept_tile(self, tile: Tile, octets: int, cloud_share_max: float) -> None:
        rows = slice(tile.row, tile.row + tile.samples.shape[1])
        columns = slice(tile.column, tile.column + tile.samples.shape[2])
        where, clouds = f"tile at row {tile.row}, column {tile.column}", self.clouds[rows, columns]
        valid = self.valid[rows, columns]
        known = read_runs(tile.valid_runs, valid.shape) if tile.valid_runs else np.ones(valid.shape, bool)
        share = float(clouds[valid].mean()) if valid.any() else 0.0
        if tile.samples.shape[1:] != valid.shape or not np.array_equal(tile.samples, self.dn[:, rows, columns] * valid):
            self.wrong.append(f"{where}: other samples than were seen")
        elif not np.array_equal(known, valid):
            self.wrong.append(f"{where}: says otherwise which pixels are data")
        elif not valid.any():
            self.wrong.append(f"{where}: no data in it")
        elif share > cloud_share_max:
            self.wrong.append(f"{where}: {share:.0%} cloud")
        elif self.seen[rows, columns].any():
            self.wrong.append(f"{where}: came twice")
        else:
            self.seen[rows, columns] = True
            self.tiles += 1
            self.useful_octets += octets * (1 - share)


def _surrounded(valid: NDArray[np.bool_], reach_px: int) -> NDArray[np.bool_]:
    """Where all pixels within `reach_px` rows and columns are valid; those beyond the edge count as valid."""
    side = 2 * reach_px + 1
    padded = np.pad(valid, reach_px, constant_values=True)
    return np.asarray(np.lib.stride_tricks.sliding_window_view(padded, (side, side)).all(axis=(2, 3)), bool)


def _scenes_of(scenes: Scenes, reach_px: int) -> dict[str, _Scene]:
    found = {}
    for number, target in enumerate(scenes.targets):
        published = None if scenes.clouds is None else scenes.clouds[number] != 0
        shape = scenes.dn.shape[2:]
        valid = np.ones(shape, bool) if scenes.valid is None else scenes.valid[number] != 0
        found[target] = _Scene(scenes.dn[number], published, valid, reach_px)
    return found


def judge(
    scenes: Scenes, received: Received, reports: Mapping[str, EventRecord], *, cloud_share_max: float, reach_px: int = 2
) -> dict[str, Any]:
    """The judgement, one object with stable keys; `ok` is None where the pass was too long to tell.

    `reports`: the node's event about each scene. `reach_px`: how far the rule of the masks looks around a pixel.
    """
    found = _scenes_of(scenes, reach_px)
    strays = list(_sorted_in(found, received.files, cloud_share_max))
    file_octets = sum(map(len, received.files.values())) + received.partial_octets
    useful = sum(scene.useful_octets for scene in found.values())
    clear, valid, pixels = (
        sum(int(of(scene).sum()) for scene in found.values())
        for of in (lambda one: one.clear, lambda one: one.valid, lambda one: np.ones(one.valid.shape, bool))
    )
    missing = sum(int((scene.clear & ~scene.seen).sum()) for scene in found.values())
    of_ceiling = useful / file_octets if file_octets else 0.0
    right = not strays and all(scene.mask_equal is not False and not scene.wrong for scene in found.values())
    fifo = clear / pixels
    return {
        "ok": (of_ceiling >= OF_CEILING_MIN if missing else None) if right else False,
        "scenes": [_scene(target, scene, reports[target]) for target, scene in found.items()],
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
            "cloud_share": round(1 - clear / valid, 4) if valid else None,
            "valid_share": round(valid / pixels, 4),
            "gain_over_fifo": round(of_ceiling / fifo, 4) if fifo else None,
            "ceiling": round(1 / fifo, 4) if fifo else None,
            "of_ceiling": round(of_ceiling, 4),
            "expected": OF_CEILING_MIN,
        },
    }


def _sorted_in(found: dict[str, _Scene], files: Mapping[str, bytes], cloud_share_max: float) -> Iterator[str]:
    """Give each file to its scene, masks first; returns a sentence for each file that belongs to none."""
    for name, octets in sorted(files.items(), key=lambda file: not file[0].endswith(".clouds")):
        try:
            if name.endswith(".clouds"):
                mask = CloudMaskProduct.decode(octets)
                found[mask.target].accept_mask(mask)
            else:
                tile = Tile.decode(octets)
                found[tile.target].accept_tile(tile, len(octets), cloud_share_max)
        except (DecodeError, KeyError) as error:
            yield f"{name}: {error}"


def _scene(target: str, scene: _Scene, report: EventRecord) -> dict[str, Any]:
    values = report.values
    return {
        "target": target,
        "cloud_share": round(float(scene.clouds[scene.valid].mean()), 4) if scene.valid.any() else None,
        "valid_share": round(float(scene.valid.mean()), 4),
        "mask_equal": scene.mask_equal,
        "tiles": scene.tiles,
        "seen_share": round(float(scene.seen.mean()), 4),
        "seconds": float(values["compute_ms"] or 0) / 1000,
        "joules": {"value": round(float(values["joules"] or 0), 6), "source": str(values["power_source"])},
        "differences": scene.wrong,
    }


def judgement_lines(report: dict[str, Any]) -> list[str]:
    """The judgement as lines for a person."""
    window, useful = report["pass"], report["useful"]
    lines = [line for scene in report["scenes"] for line in _scene_lines(scene)]
    return [
        *lines,
        *(f"stray     {stray}" for stray in report["strays"]),
        f"pass      {window['seconds']:g} s, {window['bits']} bits: {window['file_octets']} octets of files, "
        + ("saturated" if window["saturated"] else "NOT SATURATED: everything clear came down"),
        f"useful    {useful['octets']} octets, {_gain(useful)}",
        f"          {useful['of_ceiling']:.1%} of the ceiling, expected {useful['expected']:.0%} or more",
        f"judgement {_VERDICTS[report['ok']]}",
    ]


_VERDICTS = {True: "right", False: "WRONG", None: "none: nothing is wrong, but a shorter --pass would have to choose"}
_MASKS = {True: "equals the published one", False: "is NOT the published one", None: "is not judged, none is published"}


def _gain(useful: dict[str, Any]) -> str:
    if useful["ceiling"] is None:
        return "of frames without clear data"
    data = "" if useful["valid_share"] == 1 else f" and {1 - useful['valid_share']:.1%} without data"
    return (
        f"{useful['gain_over_fifo']:.3f} times as many as FIFO; the ceiling at "
        f"{useful['cloud_share']:.1%} cloud{data} is {useful['ceiling']:.3f}"
    )


def _scene_lines(scene: dict[str, Any]) -> list[str]:
    joules, cloud = scene["joules"], "no data" if scene["cloud_share"] is None else f"{scene['cloud_share']:.1%} cloud"
    part = f" of the {scene['valid_share']:.1%} with data" if 0 < scene["valid_share"] < 1 else ""
    return [
        f"{scene['target']:9} {cloud}{part}, the mask {_MASKS[scene['mask_equal']]}; {scene['tiles']} tiles, "
        f"{scene['seen_share']:.0%} of the image; {scene['seconds']:.3f} s, {joules['value']:.3f} J {joules['source']}",
        *(f"{'':9} {difference}" for difference in scene["differences"]),
    ]
