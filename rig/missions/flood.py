"""The flood mission on one desk: radar chips that people have labelled, and the products received about each of them.

A folder DIR has files `flood_*.npz` or `s1_*.npz`: of one chip with `s1_db` (VV and VH in dB, row, column) and `label`
(-1 not labelled, 0 dry, 1 water), or of several with `CHIP_s1` and `CHIP_label`. NaN is no data; a chip without
labels flies as well, and is reported as not judged. The received products are judged: polygons are filled here, without
the kernels that made them, and compared with the labels. IoU is the intersection over the union of water, pooled over
all chips; a chip with water neither in its labels nor in its product has none.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fsw.mission import load_mission
from ground.records import FileRecord
from hal.clock import Clock
from hal.scene_file import UNREADABLE
from kernels.errors import CorruptError
from kernels.usage import UsageError, shown
from link.errors import DecodeError
from link.products.alert import Alert
from link.products.product import Product
from rig.missions.cloudscreen_scenes import with_scenes
from rig.missions.coastwatch_truth import filled
from rig.operator import CableOptions, Operation, Show, desk_folder, operating

ANSWER_S = 60.0
IOU_MIN, PRODUCT_OCTETS_MAX = 0.55, 4096
"""The IoU expected: the least of the five-chip cross-validation with any one left out (benchmarks/thresholds.py)."""
ALARM_MARGIN = 0.05
"""Where the labelled share of water is nearer than this to the alert's limit, the alert is not judged."""
_BANDS = ("VV", "VH")
_SHARE_TOLERANCE = 1e-6  # the rounding of a share to binary32


@dataclass(frozen=True, slots=True)
class Chip:
    """`db` (band, row, column) and `label` (row, column); a pixel counts where it is labelled and the radar saw it."""

    db: NDArray[np.float32]
    label: NDArray[np.int8]

    @property
    def counts(self) -> NDArray[np.bool_]:
        """The pixels that are judged."""
        known: NDArray[np.bool_] = (self.label >= 0) & np.isfinite(self.db).all(axis=0)
        return known

    @property
    def seen(self) -> NDArray[np.bool_]:
        """The pixels that the radar saw, in the band that the mission uses."""
        seen: NDArray[np.bool_] = np.isfinite(self.db[_BANDS.index("VH")])
        return seen

    def is_alarming(self, share_min: float) -> bool | None:
        """Whether the labels show more water than `share_min`; None where they do not tell."""
        if not self.seen.any():
            return False
        if not self.counts.any():
            return None
        above = float((self.label == 1)[self.counts].mean()) - share_min
        return above > 0 if abs(above) > ALARM_MARGIN else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """What is run: `mission` is copied into `out`, with the chips in the folder `scenes` beside it."""

    mission: Path
    scenes: Path
    out: Path
    wire: CableOptions


def read_chips(folder: Path) -> dict[str, Chip]:
    """The chips by target. Raises UsageError where there are none."""
    chips = dict(sorted(pair for file in _files_in(folder) for pair in _chips_in(file)))
    if not chips:
        raise UsageError(f"{shown(folder)}: no chips in files flood_*.npz or s1_*.npz")
    return chips


def _files_in(folder: Path) -> list[Path]:
    return [file for pattern in ("flood_*.npz", "s1_*.npz") for file in sorted(folder.glob(pattern))]


def lay_out_chips(chips: Mapping[str, Chip], mission: Path, out: Path) -> Path:
    """Put into `out` a copy of `mission` and the chips as scenes; returns the copy."""
    out.mkdir(parents=True, exist_ok=True)
    for target, chip in chips.items():
        np.savez(out / f"{target}.npz", band=_BANDS, dn=chip.db)
    return with_scenes(mission, list(chips), out / "mission.toml")


def perform(setup: Setup, clock: Clock, show: Show) -> dict[str, Any]:
    """Run the mission and judge it. Raises UsageError for wrong options, DeskError for a failure, OSError."""
    chips = read_chips(setup.scenes)
    with desk_folder(setup.out) as out:
        path = lay_out_chips(chips, setup.mission, setup.out / "mission")
        with operating(path, load_mission(path), out, setup.wire, clock, show, afresh=True) as operation:
            arrived = {target: _captured(operation, target) for target in chips}
    folder = setup.out / "ground" / "files"
    judged = [
        judge_chip(target, chips[target], *((folder / file.name).read_bytes() for file in files))
        | {"alert_first": files[0].received_ns <= files[1].received_ns}
        for target, files in arrived.items()
    ]
    return summary(judged)


def judge_chip(target: str, chip: Chip, alert: bytes, product: bytes) -> dict[str, Any]:
    """The judgement of one chip: `hit` of `union` pixels, whether the alert is right, and differences in words.

    `judged` pixels are labelled and were seen. `iou` is None where `union` is 0, `alert_right` where it is not judged.
    """
    judged = int(chip.counts.sum())
    found: dict[str, Any] = {
        "target": target, "octets": len(product), "judged": judged, "hit": 0, "union": 0, "iou": None, "seen": None,
        "share": None, "alert": None, "alert_right": False, "differences": [],
    }  # fmt: skip
    try:
        report, answer = Alert.decode(alert), Product.decode(product)
        mask = _mask(answer, chip.label.shape)
    except (DecodeError, CorruptError) as error:
        return found | {"differences": [str(error)]}
    water = chip.label == 1
    hit, union = int((mask & water & chip.counts).sum()), int(((mask | water) & chip.counts).sum())
    alarming = chip.is_alarming(report.share_min)
    return found | {
        "hit": hit,
        "union": union,
        "iou": round(hit / union, 4) if union else None,
        "seen": round(report.seen, 4),
        "share": round(report.share, 4) if report.seen else None,
        "alert": report.raised,
        "alert_right": None if alarming is None else report.raised == alarming,
        "differences": list(_complaints(target, chip, report, answer, mask)),
    }


def _complaints(target: str, chip: Chip, report: Alert, answer: Product, mask: NDArray[np.bool_]) -> Iterator[str]:
    if report.target != target:
        yield f"target {report.target!r}, expected {target!r}"
    seen = float(chip.seen.mean())
    for name, stated in (("alert", report.seen), ("product", answer.seen)):
        if abs(stated - seen) > _SHARE_TOLERANCE:
            yield f"{name}: seen {stated:.4f} of the pixels, expected {seen:.4f}"
    unseen = int((mask & ~chip.seen).sum())
    if unseen:
        yield f"{unseen} pixels of water where the radar saw nothing"


def summary(judged: list[dict[str, Any]]) -> dict[str, Any]:
    """The judgement, one object with stable keys; `ok` is None where no label tells.

    `spread`: the least and the greatest pooled IoU with any one chip left out.
    """
    pooled = _pooled(judged)
    others = (_pooled([chip for chip in judged if chip is not left]) for left in judged if left["union"])
    spread = [iou for iou in others if iou is not None]
    small = all(chip["octets"] <= PRODUCT_OCTETS_MAX for chip in judged)
    right = all(chip["alert_right"] is not False and chip["alert_first"] and not chip["differences"] for chip in judged)
    enough = None if not any(chip["judged"] for chip in judged) else pooled is None or pooled >= IOU_MIN
    return {
        "ok": enough if right and small else False,
        "iou": None if pooled is None else round(pooled, 4),
        "spread": [round(min(spread), 4), round(max(spread), 4)] if spread else None,
        "expected": IOU_MIN,
        "chips": judged,
    }


def _pooled(judged: list[dict[str, Any]]) -> float | None:
    """The IoU over all pixels; None where no water was labelled or found."""
    union = sum(chip["union"] for chip in judged)
    return sum(chip["hit"] for chip in judged) / union if union else None


def flood_lines(report: dict[str, Any]) -> list[str]:
    """The judgement as lines for a person."""
    pooled, spread = "no water, labelled or claimed", ""
    if report["iou"] is not None:
        pooled = f"IoU {report['iou']:.4f} of what arrived, expected {report['expected']:.2f} or more"
    if report["spread"] is not None:
        spread = f"; {report['spread'][0]:.3f}..{report['spread'][1]:.3f} without one chip"
    return [
        *(line for chip in report["chips"] for line in _chip_lines(chip)),
        f"{'pooled':18} {pooled}{spread}",
        f"{'judgement':18} {_VERDICTS[report['ok']]}",
    ]


_VERDICTS = {True: "right", False: "WRONG", None: "none: no chip is labelled where the radar saw it"}
_ALERTS = {True: "right", False: "WRONG", None: "not judged"}


def _chip_lines(chip: dict[str, Any]) -> Iterator[str]:
    share = "nothing seen" if chip["share"] is None else f"{chip['share']:.1%} water"
    part = f" of the {chip['seen']:.1%} seen" if chip["seen"] and chip["seen"] < 1 else ""
    alert = f"{'an alert' if chip['alert'] else 'no alert'}, {_ALERTS[chip['alert_right']]}"
    if not chip["judged"]:
        iou = "unlabelled, IoU not judged" if chip["seen"] else "no data, IoU not judged"
    else:
        iou = "dry, no IoU" if chip["iou"] is None else f"IoU {chip['iou']:.3f}"
    yield f"{chip['target']:18} {share}{part}: {alert}; {chip['octets']} octets drawn, {iou}"
    yield from (f"{'':18} {difference}" for difference in chip["differences"])


def _chips_in(file: Path) -> Iterator[tuple[str, Chip]]:
    try:
        with np.load(file, allow_pickle=False) as archive:
            if "s1_db" in archive:
                name = file.stem.removeprefix("flood_").removeprefix("s1_")
                yield _target(name), _chip(archive, "s1_db", "label")
            for name in (name.removesuffix("_s1") for name in archive if name.endswith("_s1")):
                yield _target(name), _chip(archive, f"{name}_s1", f"{name}_label")
    except UNREADABLE as error:
        raise UsageError(f"{shown(file)}: {error}") from None


def _chip(archive: Mapping[str, NDArray[Any]], db: str, label: str) -> Chip:
    """A chip; without a label array no pixel is labelled. Raises ValueError for arrays of a wrong shape or type."""
    samples = archive[db]
    labels = archive[label] if label in archive else np.full(samples.shape[1:], -1, np.int8)
    if samples.ndim != 3 or len(samples) != len(_BANDS) or labels.shape != samples.shape[1:] or not samples.size:
        raise ValueError(
            f"{db} {samples.shape} and {label} {labels.shape}, expected (2, row, column) and (row, column)"
        )
    if samples.dtype.kind != "f" or labels.dtype.kind not in "iu":
        raise ValueError(f"{db} {samples.dtype} and {label} {labels.dtype}, expected floats and whole numbers")
    return Chip(samples.astype(np.float32), labels.astype(np.int8))


def _target(chip: str) -> str:
    """The chip's name with only the characters that a mission allows in a target."""
    return re.sub("[^a-z0-9_-]", "-", chip.lower())[:40]


def _captured(operation: Operation, target: str) -> tuple[FileRecord, FileRecord]:
    """Capture `target`; returns its alert and its product."""
    number = operation.send("imaging.capture", {"target": target})

    def found(suffix: str) -> list[FileRecord]:
        operation.is_over(number)
        return [file for file in operation.files if file.name.endswith(f"-{target}{suffix}")]

    for suffix in (".alert", ".product"):
        operation.wait(f"{target}{suffix}", ANSWER_S, partial(found, suffix))
    return found(".alert")[0], found(".product")[0]


def _mask(product: Product, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    if product.water is None:
        return np.zeros(shape, bool)
    return filled(product.water.outlines, shape)
