"""A camera: yields raw frames with all that is needed to place them on the map."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from hal.views import view_of
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

    `samples`: numbers (band, row, column), uint8 or uint16, or float32 of a radar; where the frame `is_packed`, samples
    of 12 bits as they left the sensor, uint8 (band, row, octet), packed as kernels.imaging.calibrate takes them.
    `mask`: uint8, 1 where there is data (row, column), or None where the camera does not say. Both may be given as
    arrays, and are kept as views of their memory, which need no numpy: a flight loop passes them on, workers compute.
    """

    target: str
    samples: memoryview
    bands: tuple[str, ...]
    georeference: Georeference
    captured_utc_ns: int
    is_packed: bool = False
    mask: memoryview | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "samples", view_of(self.samples))
        if self.mask is not None:
            object.__setattr__(self, "mask", view_of(self.mask))

    @property
    def dn(self) -> NDArray[Any]:
        """The samples as an array."""
        return np.asarray(self.samples)

    @property
    def valid(self) -> NDArray[np.uint8] | None:
        """The mask as an array."""
        return None if self.mask is None else np.asarray(self.mask)

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
