"""A stage: one step from what a camera saw towards what the ground needs.

    class Above(Stage, frozen=True):
        \"\"\"1 where the index is greater than `limit`.\"\"\"

        limit: float

        def contract(self) -> Contract:
            return Contract(takes={"index": plane("float32")}, gives={"mask": plane("uint8")})

        def run(self, *, index: NDArray[np.float32]) -> Items:
            return {"mask": (index > self.limit).astype(np.uint8)}

The fields are the parameters that a mission file may give beside the stage's name. `run` is called in a worker process
only.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, Protocol

import msgspec
from msgspec import Meta

from fsw.pipelines.contract import MODELS as MODELS
from fsw.pipelines.contract import REPAIRS as REPAIRS
from fsw.pipelines.contract import Contract
from kernels.imaging.georeference import Georeference

Items = dict[str, Any]
Threshold = Annotated[float, Meta(ge=-1e9, le=1e9)]
Priority = Annotated[int, Meta(ge=-1000, le=1000)]


class About(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Facts about the frame: the item "about"."""

    product_id: int
    target: str
    georeference: Georeference


class File(msgspec.Struct, frozen=True, array_like=True):
    """A file for the ground: the item "files" is a list of them.

    Its name is the target's and `suffix`; of files that wait, those of higher `priority` go down first.
    """

    suffix: str
    octets: bytes
    priority: int = 0


class ModelUsed(msgspec.Struct, frozen=True, array_like=True):
    """A model that something was computed with; `sha256` is that of its bundle."""

    name: str
    version: str
    sha256: str


def sample_item(*, is_packed: bool) -> str:
    """The item name of a camera's samples: "raw12" as they left the sensor, "bands" when they are numbers already."""
    return "raw12" if is_packed else "bands"


class PipelineStep(Protocol):
    """The interface of a stage that a pipeline uses."""

    def contract(self) -> Contract:
        """The items that the stage takes and gives, with its present parameters."""
        ...

    def run(self, *args: Any, **items: Any) -> Items:
        """Compute the items that it gives from those that it takes, by name. Arrays are read-only and contiguous."""
        ...


class Stage(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of the stages written in Python."""

    def contract(self) -> Contract:
        """The items that the stage takes and gives, with its present parameters."""
        raise NotImplementedError

    def run(self, *args: Any, **items: Any) -> Items:
        """Compute the items that it gives from those that it takes, by name. Arrays are read-only and contiguous."""
        raise NotImplementedError


class StageSpec(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A stage as a mission in `folder` lists it: `name` is one of STAGES, or a user's own file.

    `stand_ins`: files of the node, by the names of those of the mission that they are taken in place of.
    """

    name: str
    parameters: dict[str, Any]
    folder: str
    stand_ins: dict[str, str] = {}

    @property
    def is_file(self) -> bool:
        """Whether the stage is a user's own file."""
        return self.name.endswith((".py", ".so"))

    def path(self, name: str) -> Path:
        """The path of a file that the mission names, or of its stand-in.

        Raises ValueError where it is missing or not in `folder`.
        """
        if name in self.stand_ins:
            return Path(self.stand_ins[name])
        folder = Path(self.folder).resolve()
        try:
            path = (folder / name).resolve()
            is_file = path.is_file()
        except OSError as error:
            raise ValueError(f"{name[:40]}: {error.strerror}, expected a file within the mission's folder") from None
        if Path(name).is_absolute() or not path.is_relative_to(folder):
            raise ValueError(f"{name}: expected a file within the mission's folder")
        if not is_file:
            raise ValueError(f"{name}: no such file in {folder}")
        return path


def files_named(stages: Iterable[StageSpec], file: Path) -> frozenset[str]:
    """The names by which stages with a model and keys know the file."""
    found = set()
    for stage in stages:
        name = stage.parameters.get("model")
        if isinstance(name, str) and "keys" in stage.parameters and (Path(stage.folder) / name).resolve() == file:
            found.add(name)
    return frozenset(found)
