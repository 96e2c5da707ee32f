"""The stages of a mission over one of its scenes, as a worker of the node runs them."""

from pathlib import Path

import msgspec

from fsw.mission import load_mission
from fsw.pipelines.run import Work, files_of, run
from fsw.pipelines.stage import About, sample_item
from fsw.pipelines.valid import joined
from hal.sim.camera import SceneCamera
from hal.sim.clock import VirtualClock

mission = load_mission(Path(__file__).parents[1] / "missions" / "coastwatch.toml")
frame = SceneCamera(mission.scenes, VirtualClock()).capture("desert")
about = About(product_id=1, target="desert", georeference=frame.georeference)
work = Work(
    stages=mission.stages,
    item=sample_item(is_packed=frame.is_packed),
    bands=frame.bands,
    about=about,
    is_masked=frame.valid is not None,
)
for file in files_of(run(joined(frame), msgspec.to_builtins(work))):
    print(f"desert{file.suffix}: {len(file.octets)} octets instead of {frame.dn.nbytes}")
