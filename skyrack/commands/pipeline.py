"""The stages that a mission's pipeline may have, and whether those of a mission fit together.

skyrack pipeline list
skyrack pipeline check examples/missions/coastwatch.toml
skyrack pipeline check examples/missions/coastwatch.toml --json
"""

import argparse
import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kernels.usage import given
from skyrack.parser import subcommand

if TYPE_CHECKING:
    from fsw.mission import Mission
    from fsw.pipelines.contract import Contract, ItemKind
    from fsw.pipelines.stage import Stage


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the subcommands: `list`, and `check` for a mission."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="list|check")
    subcommand(actions, "list", "our stages: what each does, takes and gives, and its parameters")
    check = subcommand(actions, "check", "follow a mission's pipeline for each of its scenes, without running it")
    check.add_argument("mission", type=Path, metavar="MISSION", help="the mission file (TOML)")
    for action in actions.choices.values():
        action.add_argument("--json", action="store_true", help="one JSON object on stdout")


def run(options: argparse.Namespace) -> int:
    """Run the subcommand; 0 if it lists, or the pipeline fits. Raises UsageError for one that does not fit."""
    found = {"stages": our_stages()} if options.action == "list" else _checked(options.mission)
    as_text = _list if options.action == "list" else _scenes
    print(json.dumps(found, indent=2) if options.json else as_text(found))
    return 0


def _checked(path: Path) -> dict[str, Any]:
    """What each stage of a mission's pipeline gives, by scene; its apps are checked too, as before flight."""
    from fsw.design import dictionary_of
    from fsw.mission import load_mission

    mission = load_mission(path)
    with given(path):
        dictionary_of(mission)
    return followed(mission)


def our_stages() -> list[dict[str, Any]]:
    """Name, purpose and contract of each stage, and its parameters with their defaults, null for required ones.

    `takes` and `gives` are null where they depend on a file of the mission, such as a model.
    """
    from msgspec.structs import fields

    from fsw.pipelines import STAGES
    from fsw.pipelines.load import stage_class

    found = []
    for name in STAGES:
        kind = stage_class(name)
        contract = _contract(kind)
        found.append(
            {
                "stage": name,
                "what": (kind.__doc__ or "").partition("\n")[0],
                "parameters": {field.name: None if field.required else field.default for field in fields(kind)},
                "takes": _words(contract.takes) if contract else None,
                "gives": _words(contract.gives) if contract else None,
            }
        )
    return found


def _contract(kind: "type[Stage]") -> "Contract | None":
    """The stage's contract, with names of parameters in place of their values; None if it depends on a user's file."""
    from msgspec.structs import fields

    said = {field.name: f"<{field.name}>" for field in fields(kind) if field.required}
    paths = {field.name: Path(said[field.name]) for field in fields(kind) if field.type is Path}
    try:
        return kind(**said | paths).contract()
    except OSError:
        return None


def followed(mission: "Mission") -> dict[str, Any]:
    """For each scene, the output of its camera and then of each stage."""
    from fsw.pipelines.check import contracts_of, follow, seen

    contracts, scenes = contracts_of(mission.stages), []
    for scene in mission.scene:
        camera = seen(scene.recorded.form())
        links = follow(mission.stages, contracts, camera)
        stages = [{"stage": link.name, "gives": _words(link.gives)} for link in links]
        scenes.append({"target": scene.target, "camera": _words(camera), "stages": stages})
    return {"node": mission.node.name, "scenes": scenes}


def _words(items: "Mapping[str, ItemKind]") -> dict[str, str]:
    return {name: str(kind) for name, kind in items.items()}


def _list(found: dict[str, Any]) -> str:
    return "\n".join(line for stage in found["stages"] for line in _stage(stage))


def _stage(stage: dict[str, Any]) -> list[str]:
    parameters = [name if value is None else f"{name} = {value}" for name, value in stage["parameters"].items()]
    lines = {"with": ", ".join(parameters)} | {key: _items(stage[key]) for key in ("takes", "gives")}
    return [f"{stage['stage']:12}{stage['what']}", *(f"{'':12}{key:6}{text}" for key, text in lines.items() if text)]


def _scenes(found: dict[str, Any]) -> str:
    return "\n".join(line for scene in found["scenes"] for line in _scene(scene))


def _scene(scene: dict[str, Any]) -> list[str]:
    stages = (f"  {stage['stage']:16}{_items(stage['gives'])}" for stage in scene["stages"])
    return [f"{scene['target']}", f"  {'the camera':16}{_items(scene['camera'])}", *stages]


def _items(items: dict[str, str] | None) -> str:
    if items is None:
        return "what a file says that the mission names"
    return "; ".join(f"{name}: {kind}" for name, kind in items.items())
