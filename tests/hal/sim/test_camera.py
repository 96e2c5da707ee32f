"""The scene camera gives the recorded frame, and says in one sentence what it cannot give."""

from pathlib import Path

import numpy as np
import pytest

from hal.camera import CameraError
from hal.scene_file import Scene
from hal.sim.camera import SceneCamera
from hal.sim.clock import VirtualClock
from kernels.imaging.georeference import Georeference

SCENES = Path(__file__).parents[3] / "examples" / "scenes"
PLACE = Georeference(epsg=31985, easting_m=288776.25, northing_m=9120760.75, pixel_m=28.5)


def camera(path):
    return SceneCamera({"coast": Scene(path=path, georeference=PLACE)}, VirtualClock(utc_ns=42))


def test_a_frame_has_its_bands_place_and_time():
    frame = camera(SCENES / "landsat7_olinda.npz").capture("coast")
    assert frame.dn.shape == (6, 352, 349)
    assert frame.bands == ("blue", "green", "red", "nir", "swir1", "swir2")
    assert [int(plane.min()) for plane in frame.dn] == [47, 32, 21, 9, 1, 1]
    assert np.array_equal(frame.band("swir1"), frame.dn[4])
    assert (frame.captured_utc_ns, frame.georeference) == (42, PLACE)
    with pytest.raises(CameraError, match="no band 'thermal'"):
        frame.band("thermal")


def test_unknown_target_is_answered_with_the_known_ones():
    with pytest.raises(CameraError, match="no target 'moon' in sight; known: coast"):
        camera(SCENES / "landsat7_olinda.npz").capture("moon")
