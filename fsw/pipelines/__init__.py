"""What jobs compute: a mission's list of stages, each a small file in `stages/` or a file of the user's own.

contract.py says what passes between stages, stage.py what a stage is, load.py finds one, check.py follows a whole list
before anything runs, run.py runs it in a worker.
"""

PIPELINES = {"stages": "fsw.pipelines.run", "nowcast": "fsw.pipelines.nowcast"}
"""The module that has the function `run`, by pipeline name, for whoever runs jobs."""

STAGES = (
    "above",
    "alert",
    "below",
    "calibrate",
    "classes",
    "clean",
    "cloud_mask",
    "cloudless",
    "clouds",
    "components",
    "index",
    "lee",
    "otsu",
    "outlines",
    "pack",
    "pack_clouds",
    "runs",
    "simplify",
    "tiles",
    "water",
)
"""The stages that a mission may name; each is the module of that name in `stages`."""
