"""Raw frames to calibrated ones."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fsw.pipelines.contract import ArrayItem, Contract, cube, plane
from fsw.pipelines.stage import Items, Stage
from fsw.pipelines.valid import blanked
from kernels.imaging.calibrate import calibrate_raw12
from kernels.imaging.image import Mask


class Calibrate(Stage, frozen=True):
    """12-bit samples unpacked, dark signal taken off, gain applied: round((sample - dark) * gain), within 0..65535.

    `tables` is an .npz with `dark` and `gain`, float32 (band, column) as for a line camera. Where there is no data, 0.
    """

    tables: Path

    def contract(self) -> Contract:
        raw = ArrayItem(("uint8",), ("band", "row", "octet"))
        return Contract(takes={"raw12": raw, "valid": plane("uint8")}, gives={"bands": cube("uint16")})

    def run(self, *, raw12: NDArray[np.uint8], valid: Mask) -> Items:
        with np.load(self.tables, allow_pickle=False) as archive:
            dark, gain = (np.ascontiguousarray(archive[name], np.float32) for name in ("dark", "gain"))
        if len(dark) != len(raw12):
            raise ValueError(f"tables of {len(dark)} bands for {len(raw12)}")
        planes = [calibrate_raw12(*band) for band in zip(raw12, dark, gain, strict=True)]
        return {"bands": blanked(np.stack(planes), valid)}
