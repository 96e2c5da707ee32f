"""What the guardian of a node's jobs is to load; it has no need of the flight itself."""

from pathlib import Path

from fsw.mission import load_mission
from fsw.pipelines import PIPELINES
from fsw.pipelines.load import module_of


def job_modules(mission: str, *_: str) -> list[str]:
    """Check a mission file with all its stages; the words for the guardian of its jobs."""
    loaded = load_mission(Path(mission))
    ours = [module_of(stage.name) for stage in loaded.stages if not stage.is_file]
    return [*(f"{name}={module}" for name, module in PIPELINES.items()), *ours]
