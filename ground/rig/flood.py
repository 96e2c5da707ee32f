"""The flood mission on one desk: radar chips that people have labelled, and what came down about each of them.

A folder DIR has `flood_s1_chips.npz` with `CHIP_s1` (VV and VH in dB, row, column) and `CHIP_label` (-1 not labelled,
0 dry, 1 water), and may have `flood_*.npz` of one chip each, with `s1_db` and `label`. What is judged is what arrived:
polygons are filled here, without the kernels that drew them, and held against the labels. IoU is the intersection over
the union of water, pooled over all chips.
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
from ground.rig.answer import filled
from ground.rig.operation import Operation, Show, Wire, desk_folder, operating
from ground.rig.scenes import with_scenes
from hal.clock import Clock
from hal.kernels.errors import CorruptError
from hal.usage import UsageError, shown
from link.alert import Alert
from link.errors import DecodeError
from link.product import Product

ANSWER_S = 60.0
IOU_MIN, PRODUCT_OCTETS_MAX = 0.70, 4096
ALARMING_SHARE = 0.10
"""More of what people labelled under water than this, and there has to be an alert."""
_BANDS = ("VV", "VH")


@dataclass(frozen=True, slots=True)
class Chip:
    """`db` (band, row, column) and `label` (row, column); a pixel counts where it is labelled and the radar saw it."""

    db: NDArray[np.float32]
    label: NDArray[np.int8]

    @property
    def counts(self) -> NDArray[np.bool_]:
        """Pixels that are judged."""
        known: NDArray[np.bool_] = (self.label >= 0) & np.isfinite(self.db).all(axis=0)
        return known

    @property
    def is_alarming(self) -> bool:
        """Whether people would want to be told."""
        return float((self.label == 1)[self.label >= 0].mean()) > ALARMING_SHARE


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """What is run: `mission` is copied into `out`, with the chips in the folder `scenes` beside it."""

    mission: Path
    scenes: Path
    out: Path
    wire: Wire


def read_chips(folder: Path) -> dict[str, Chip]:
    """By target. Raises UsageError where there are none."""
    chips = dict(sorted(pair for file in folder.glob("flood_*.npz") for pair in _chips_in(file)))
    if not chips:
        raise UsageError(f"{shown(folder)}: no chips in files flood_*.npz")
    return chips


def lay_out(chips: Mapping[str, Chip], mission: Path, out: Path) -> Path:
    """Put into `out` a copy of `mission` and the chips as scenes; returns the copy."""
    out.mkdir(parents=True, exist_ok=True)
    for target, chip in chips.items():
        np.savez(out / f"{target}.npz", band=_BANDS, dn=chip.db)
    return with_scenes(mission, chips, out / "mission.toml")


def perform(setup: Setup, clock: Clock, show: Show) -> dict[str, Any]:
    """The judgement of one run. Raises UsageError for what was asked wrongly, DeskError for what failed, OSError."""
    chips = read_chips(setup.scenes)
    with desk_folder(setup.out) as out:
        path = lay_out(chips, setup.mission, setup.out / "mission")
        with operating(path, load_mission(path), out, setup.wire, clock, show, afresh=True) as operation:
            arrived = {target: _captured(operation, target) for target in chips}
    folder = setup.out / "ground" / "files"
    judged = [
        judge(target, chips[target], *((folder / file.name).read_bytes() for file in files))
        | {"alert_first": files[0].received_ns <= files[1].received_ns}
        for target, files in arrived.items()
    ]
    return summary(judged)


def judge(target: str, chip: Chip, alert: bytes, product: bytes) -> dict[str, Any]:
    """One chip: `hit` of `union` pixels, whether the alert is as it should be, and what is wrong in words."""
    found: dict[str, Any] = {"target": target, "octets": len(product), "hit": 0, "union": 1, "differences": []}
    try:
        told, mask = Alert.decode(alert), _mask(Product.decode(product), chip.label.shape)
    except (DecodeError, CorruptError) as error:
        return found | {"alert_right": False, "differences": [str(error)]}
    water = chip.label == 1
    return found | {
        "hit": int((mask & water & chip.counts).sum()),
        "union": int(((mask | water) & chip.counts).sum()),
        "share": round(told.share, 4),
        "alert": told.raised,
        "alert_right": told.raised == chip.is_alarming and told.target == target,
    }


def summary(judged: list[dict[str, Any]]) -> dict[str, Any]:
    """One object with stable keys; `ok` where all is as it should be."""
    iou = sum(chip["hit"] for chip in judged) / sum(chip["union"] for chip in judged)
    small = all(chip["octets"] <= PRODUCT_OCTETS_MAX for chip in judged)
    right = all(chip["alert_right"] and chip["alert_first"] and not chip["differences"] for chip in judged)
    return {"ok": right and small and iou >= IOU_MIN, "iou": round(iou, 4), "expected": IOU_MIN, "chips": judged}


def summary_lines(report: dict[str, Any]) -> list[str]:
    """The judgement as a person reads it."""
    return [
        *(line for chip in report["chips"] for line in _chip_lines(chip)),
        f"{'pooled':18} IoU {report['iou']:.4f} of what arrived, expected {report['expected']:.2f} or more",
        f"{'judgement':18} {'right' if report['ok'] else 'WRONG'}",
    ]


def _chip_lines(chip: dict[str, Any]) -> Iterator[str]:
    alert = "an alert" if chip.get("alert") else "no alert"
    verdict = "right" if chip["alert_right"] else "WRONG"
    yield (
        f"{chip['target']:18} {chip.get('share', 0):.1%} water: {alert}, {verdict}; {chip['octets']} octets drawn,"
        f" IoU {chip['hit'] / max(chip['union'], 1):.3f}"
    )
    yield from (f"{'':18} {difference}" for difference in chip["differences"])


def _chips_in(file: Path) -> Iterator[tuple[str, Chip]]:
    with np.load(file, allow_pickle=False) as archive:
        if "s1_db" in archive:
            yield _target(file.stem.removeprefix("flood_")), Chip(archive["s1_db"], archive["label"])
        for name in (name.removesuffix("_s1") for name in archive if name.endswith("_s1")):
            yield _target(name), Chip(archive[f"{name}_s1"], archive[f"{name}_label"])


def _target(chip: str) -> str:
    """What a mission may call it, whatever else a file name has in it."""
    return re.sub("[^a-z0-9_-]", "-", chip.lower())[:40]


def _captured(operation: Operation, target: str) -> tuple[FileRecord, FileRecord]:
    """Alert and product."""
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
