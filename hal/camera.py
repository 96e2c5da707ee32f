"""A camera: yields raw frames with all that is needed to place them on the map."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from kernels.imaging.georeference import Georeference

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
else:
    from kernels.late import np


class CameraError(Exception):
    """The camera cannot give this frame; the text says why and what it could give."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """One frame. `bands` names its planes in order.

    `dn`: numbers (band, row, column), uint8 or uint16, or float32 of a radar; where the frame `is_packed`, samples of
    12 bits as they left the sensor, uint8 (band, row, octet), packed as kernels.imaging.calibrate takes them.
    `valid`: 1 where there is data (row, column), or None where the camera does not say.
    """

    target: str
    dn: NDArray[Any]
    bands: tuple[str, ...]
    georeference: Georeference
    captured_utc_ns: int
    is_packed: bool = False
    valid: NDArray[np.uint8] | None = None

    def band(self, name: str) -> NDArray[Any]:
        """One band (row, column); raises CameraError where the camera does not have it."""
        if name not in self.bands:
            raise CameraError(f"{self.target}: no band {name!r}, the camera has {', '.join(self.bands)}")
        plane: NDArray[Any] = self.dn[self.bands.index(name)]
        return plane


class Camera(Protocol):
    """A multispectral camera that can be pointed at named targets."""

    def capture(self, target: str) -> Frame:
        """Take one frame now; raises CameraError."""
        ...
