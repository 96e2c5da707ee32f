"""What jobs compute: a mission's list of stages, each a small file in `stages/` or a file of the user's own.

contract.py defines what passes between stages, stage.py what a stage is, load.py finds one, check.py checks a whole
list before it runs, run.py runs it in a worker.
"""

PIPELINES = {"stages": "fsw.pipelines.run", "trial": "fsw.pipelines.trial", "nowcast": "fsw.pipelines.nowcast"}
"""The module with the function `run`, by pipeline name, for a runner of jobs."""

ROOMS = {
    "masks": ("above", "below", "clean", "cloud_mask", "cloudless", "components", "otsu", "simplify", "water"),
    "pixels": ("calibrate", "classes", "clouds", "index", "lee"),
    "results": ("alert", "outlines", "pack", "pack_clouds", "runs", "tiles"),
}
"""The stages, by their folder in `stages`; each is the module of its name there."""

STAGES = tuple(sorted(name for names in ROOMS.values() for name in names))
"""The stages that a mission may name."""
