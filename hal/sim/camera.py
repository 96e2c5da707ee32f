"""A simulated camera, which sees recorded scenes."""

from collections.abc import Mapping
from dataclasses import dataclass

from hal.camera import CameraError, Frame
from hal.clock import Clock
from hal.scene_file import Scene, read_frame
from kernels.usage import did_you_mean


@dataclass(frozen=True, slots=True)
class SceneCamera:
    """`Camera` that sees the recorded `scenes`, by name of their target."""

    scenes: Mapping[str, Scene]
    clock: Clock

    def capture(self, target: str) -> Frame:
        """The recorded frame, stamped with the clock's present time; raises CameraError."""
        scene = self.scenes.get(target)
        if scene is None:
            near = did_you_mean(target, self.scenes)
            raise CameraError(f"no target {target!r} in sight; known: {', '.join(sorted(self.scenes))}{near}")
        form, samples, valid = read_frame(scene.path)
        return Frame(
            target=target,
            samples=samples,
            bands=form.bands,
            georeference=scene.georeference,
            captured_utc_ns=self.clock.utc_ns(),
            is_packed=form.is_packed,
            mask=valid,
        )
