"""A mission: one TOML file that says what a node is, sees and does. A fault in it is reported in one sentence.

Every key is declared here and nowhere else; `examples/missions/coastwatch.toml` explains each of them. Every number has
two finite bounds and every name a pattern, so that nothing which loads can fail in flight for its size.
"""

import math
import re
import types
from ast import literal_eval
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal, Self, get_args, get_origin, get_type_hints

import msgspec
from msgspec import Meta

from fsw.own.loading import AppSpec
from fsw.pipelines.check import contracts_of, follow, place, seen
from fsw.pipelines.contract import Contract
from fsw.pipelines.stage import StageSpec, files_named
from fsw.update.record import SOFTWARE
from hal.camera import CameraError
from hal.scene_file import Scene
from kernels.imaging.georeference import Georeference
from kernels.usage import UsageError, did_you_mean, read_file, shown
from link.managed import Managed
from link.plain import check_plain

HOUSEKEEPING_CHANNEL, FILES_CHANNEL = "housekeeping", "files"
PLAYBACK_CHANNEL = "playback"
"""Of recorded telemetry; a mission may do without it: then that goes on the channel of files."""

_DATA_OCTETS_MIN = 166  # the longest CFDP Metadata PDU (a product's name of 80 octets) in a space packet, and a margin

_OCTETS_OF_PART = 16  # of a round on channel `housekeeping`, which has about a hundred parts
_OCTETS_MAX = 1 << 20  # of a mission file
_KEY_OCTETS_MAX = 1 << 16
_KEY_PARTS = re.compile(
    rb"""(?<![\w"'-])(?:[\w"'-]++[ \t]*+\.[ \t]*+){32}"""
)  # the time to read a dotted key grows with the square of its parts
_BOM = b"\xef\xbb\xbf"  # some editors put this byte order mark in front of UTF-8

_FILE_NAME, _TARGET, _LABEL = r"\A[A-Za-z0-9][A-Za-z0-9._-]{0,39}\Z", r"\A[a-z0-9_-]{1,40}\Z", r"\A[ -~]{1,40}\Z"
_CONDITION, _MODE, _TEXT = r"\A[ -~]{1,200}\Z", r"\A[a-z_-]{0,40}\Z", r"\A[ -~]{1,100}\Z"
_PATTERNS = {
    _FILE_NAME: "up to 40 letters, digits, dots, hyphens and underscores, the first a letter or digit",
    _TARGET: "up to 40 small letters, digits, hyphens and underscores",
    _LABEL: "1 to 40 printable ASCII characters",
    _CONDITION: "a text of 1 to 200 printable ASCII characters",
    _TEXT: "1 to 100 printable ASCII characters",
    _MODE: "up to 40 small letters, hyphens and underscores",
}
_FileName = Annotated[str, Meta(pattern=_FILE_NAME)]  # becomes part of file names
_Target = Annotated[str, Meta(pattern=_TARGET)]  # likewise
_Label = Annotated[str, Meta(pattern=_LABEL)]
_Apid = Annotated[int, Meta(ge=1, le=2046)]
_EntityId = Annotated[int, Meta(ge=1, le=65535)]
_Watts = Annotated[float, Meta(ge=0, le=10_000)]
_Topic = Annotated[str, Meta(pattern=_TEXT)]
_Parts = Annotated[int, Meta(ge=1, le=100)]
_Percent = Annotated[float, Meta(ge=0, le=95)]
_Names = Annotated[tuple[_Label, ...], Meta(max_length=1000)]  # of apps and commands
_Metres = Annotated[float, Meta(ge=-1e9, le=1e9)]  # farther than any map projection reaches


class _Section(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table of the file; a key that is not declared is an error."""


class NodeSection(_Section, frozen=True):
    """The node's identity: `apid` marks its telecommands and telemetry."""

    name: _FileName
    apid: _Apid


class BoardSection(_Section, frozen=True):
    """The power model of a board that cannot measure."""

    name: _Label
    idle_watts: _Watts
    core_watts: _Watts


class RadioSection(_Section, frozen=True):
    """The rate of a port that does not state one itself (a UART does)."""

    bits_per_second: Annotated[int, Meta(ge=50, le=10**11)]


class DownlinkSection(_Section, frozen=True):
    """Quotas on channel `housekeeping`, in parts of all: what a class may take while a less important one waits."""

    answers: _Parts = 50
    state: _Parts = 30
    events: _Parts = 15
    repeats: _Parts = 5

    @property
    def quotas(self) -> dict[str, int]:
        """Of each class the octets that it may send in a row, the most important class first."""
        return {name: _OCTETS_OF_PART * parts for name, parts in msgspec.structs.asdict(self).items()}


class FilesSection(_Section, frozen=True):
    """CFDP: the two entities, and the APID of its packets. Beside products: how much the files of the ground may be."""

    apid: _Apid
    entity: _EntityId
    ground_entity: _EntityId
    octets_max: Annotated[int, Meta(ge=1, le=2**40)] = 16 << 20
    entries_max: Annotated[int, Meta(ge=1, le=4000)] = 500


class StoreSection(_Section, frozen=True):
    """The product store."""

    octets_max: Annotated[int, Meta(ge=1, le=2**50)]


class RecorderSection(_Section, frozen=True):
    """The on-board recorder. `sync_s`: how much of the latest telemetry a power cut may take."""

    octets_max: Annotated[int, Meta(ge=2**19, le=2**50)] = 2**24
    sync_s: Annotated[float, Meta(ge=0.1, le=3600)] = 10.0


class JobsSection(_Section, frozen=True):
    """Limits of the worker processes."""

    workers: Annotated[int, Meta(ge=1, le=64)]
    waiting_max: Annotated[int, Meta(ge=0, le=1000)]
    memory_mib: Annotated[int, Meta(ge=1, le=2**24)]
    timeout_s: Annotated[float, Meta(ge=0.001, le=86_400)]
    attempts: Annotated[int, Meta(ge=1, le=10)]


class StageTable:
    """A table of the list of stages: `stage` is a name or a file, all other keys are that stage's own parameters."""

    def __init__(self, table: dict[str, Any], folder: Path) -> None:
        parameters = {**table}
        name = parameters.pop("stage", None)
        if not isinstance(name, str):
            raise ValueError("stage: expected the name of a stage, or of a file")  # noqa: TRY004 - a person typed it
        self.spec = StageSpec(name=name, parameters=parameters, folder=str(folder))


class PipelineSection(_Section, frozen=True):
    """The stages that process a frame, in order."""

    stages: Annotated[tuple[StageTable, ...], Meta(min_length=1, max_length=100)]


class SceneSection(_Section, frozen=True):
    """What the camera sees at one target: an .npz file and its place on the map (`epsg` 0: not known)."""

    target: _Target
    file: Path
    epsg: Annotated[int, Meta(ge=0, le=2**32 - 1)]
    easting_m: _Metres
    northing_m: _Metres
    pixel_m: Annotated[float, Meta(ge=1e-6, le=1e6)]

    @property
    def recorded(self) -> Scene:
        """The frame in the file, at its place."""
        place = Georeference(epsg=self.epsg, easting_m=self.easting_m, northing_m=self.northing_m, pixel_m=self.pixel_m)
        return Scene(path=self.file, georeference=place)


class ModeSection(_Section, frozen=True):
    """What one mode steps and allows, beside what every mode does; None: see fsw/modes/table.py."""

    apps: _Names | None = None
    commands: _Names | None = None


class ModesSection(_Section, frozen=True):
    """The modes; a node begins its first life in `first`."""

    first: Literal["safe", "nominal", "payload"] = "payload"
    safe: ModeSection = ModeSection()
    nominal: ModeSection = ModeSection()
    payload: ModeSection = ModeSection()


class DefencesSection(_Section, frozen=True):
    """The last lines of defence: the command-loss timer, quiet time, low battery, and too many starts."""

    silence_h: Annotated[float, Meta(ge=0, le=10_000)] = 72.0
    further_h: Annotated[float, Meta(ge=0.01, le=10_000)] = 24.0
    quiet_s: Annotated[float, Meta(ge=0, le=86_400)] = 0.0
    battery_low_percent: _Percent = 0.0
    battery_leave_percent: _Percent = 40.0
    battery_step_percent: _Percent = 10.0
    battery_window_h: Annotated[float, Meta(ge=0.01, le=1_000)] = 24.0
    starts_max: Annotated[int, Meta(ge=0, le=100)] = 8
    starts_window_s: Annotated[float, Meta(ge=60, le=86_400)] = 600.0


class WatchSection(_Section, frozen=True):
    """A watch for a fault: it trips when `when` held in `hits` of the last `of` samples, or for `held_s`.

    Then a `sequence` is started, a `mode` asked for, or an event tells of it, `times_max` times at most.
    """

    name: _Label
    when: Annotated[str, Meta(pattern=_CONDITION)]
    hits: Annotated[int, Meta(ge=1, le=255)] = 1
    of: Annotated[int, Meta(ge=1, le=255)] = 1
    held_s: Annotated[float, Meta(ge=0, le=86_400)] = 0.0
    sequence: Annotated[int, Meta(ge=0, le=65_535)] = 0
    mode: Annotated[str, Meta(pattern=_MODE)] = ""
    cooldown_s: Annotated[float, Meta(ge=1, le=86_400)] = 60.0
    times_max: Annotated[int, Meta(ge=1, le=1000)] = 3
    enabled: bool = True


class QuotaSection(_Section, frozen=True):
    """At most `count` events of this name go down in `period_s`; how many more there were is told at its end."""

    event: Annotated[str, Meta(pattern=_TEXT)]
    count: Annotated[int, Meta(ge=0, le=65_535)]
    period_s: Annotated[float, Meta(ge=1, le=86_400)]


class PublicKey:
    """A key that signs bundles: its 32 octets (RFC 8032), which the mission has in a PEM file."""

    def __init__(self, octets: bytes) -> None:
        self.octets = octets

    @classmethod
    def load(cls, path: Path) -> Self:
        """The key in a file. Raises ValueError with one sentence."""
        from link.bundles.keys import public_key  # the library is only for missions that name a key

        try:
            return cls(public_key(read_file(path, _KEY_OCTETS_MAX)))
        except (OSError, ValueError) as error:
            raise ValueError(f"{shown(path)}: {error}, expected a public key as `skyrack model keygen` makes") from None


class ModelSection(_Section, frozen=True):
    """A model that can be updated: bundles called `name`, in place of the `file` that stages name.

    A new one runs beside the one in use on `shadow_frames` frames before it can be started.
    """

    name: _FileName
    file: Path
    shadow_frames: Annotated[int, Meta(ge=0, le=1000)] = 1


class UpdateSection(_Section, frozen=True):
    """Updates of the software: bundles called `name`, which one of `keys` has signed; and of each `model`.

    One on trial is given up where it is not healthy `settle_s` after its start, or nobody confirms it in `confirm_h`.
    """

    name: _FileName
    keys: Annotated[tuple[PublicKey, ...], Meta(min_length=1, max_length=8)]
    octets_max: Annotated[int, Meta(ge=1, le=2**30)] = 16 << 20
    settle_s: Annotated[int, Meta(ge=1, le=86_400)] = 60
    confirm_h: Annotated[float, Meta(ge=0.01, le=10_000)] = 24.0
    model: Annotated[tuple[ModelSection, ...], Meta(max_length=16)] = ()

    @property
    def trusted_keys(self) -> tuple[bytes, ...]:
        """The keys, 32 octets each."""
        return tuple(key.octets for key in self.keys)


class BridgeSection(_Section, frozen=True):
    """A bridge to another node over `port`, a URL: the topics, reports and events by name, that go and that come."""

    name: _Label
    port: Annotated[str, Meta(pattern=_CONDITION)]
    topics_out: Annotated[tuple[_Topic, ...], Meta(max_length=64)] = ()
    topics_in: Annotated[tuple[_Topic, ...], Meta(max_length=64)] = ()


class RightsSection(_Section, frozen=True):
    """What the flight loop asks of its operating system; where that is refused, the node flies on and tells of it."""

    lock_memory: bool = False


class Mission(_Section, frozen=True):
    """The whole file, checked. `link` is the raw table; `managed` what it means. `apps` are files of the user's own."""

    node: NodeSection
    board: BoardSection
    radio: RadioSection
    files: FilesSection
    store: StoreSection
    jobs: JobsSection
    pipeline: PipelineSection
    scene: Annotated[tuple[SceneSection, ...], Meta(min_length=1, max_length=1000)]
    link: dict[str, Any]
    downlink: DownlinkSection = DownlinkSection()
    recorder: RecorderSection = RecorderSection()
    apps: Annotated[tuple[AppSpec, ...], Meta(max_length=100)] = ()
    modes: ModesSection = ModesSection()
    defences: DefencesSection = DefencesSection()
    fdir: Annotated[tuple[WatchSection, ...], Meta(max_length=64)] = ()
    quota: Annotated[tuple[QuotaSection, ...], Meta(max_length=64)] = ()
    update: UpdateSection | None = None
    rights: RightsSection = RightsSection()
    bridge: Annotated[tuple[BridgeSection, ...], Meta(max_length=16)] = ()

    @property
    def scenes(self) -> dict[str, Scene]:
        """What the camera sees, by target."""
        return {scene.target: scene.recorded for scene in self.scene}

    @property
    def stages(self) -> tuple[StageSpec, ...]:
        """The stages that process a frame, in order."""
        return tuple(table.spec for table in self.pipeline.stages)

    @property
    def playback_channel(self) -> str:
        """The virtual channel of recorded telemetry."""
        names = [channel.name for channel in self.managed.tm_channels]
        return PLAYBACK_CHANNEL if PLAYBACK_CHANNEL in names else FILES_CHANNEL

    @property
    def managed(self) -> Managed:
        """The managed parameters; raises ValueError where they break a rule."""
        return Managed.from_dict(self.link)


def load_mission(path: Path, *, with_stages: bool = True) -> Mission:
    """Read and check a mission file; paths in it count from its folder.

    Without stages, nothing that they need is imported: their parameters, and whether they fit the scenes and each
    other, are for someone else to check.

    Raises UsageError with one sentence that names the file, the key and what was expected.
    """
    try:
        mission = msgspec.convert(_tables(path), Mission, dec_hook=partial(_decode, path.parent))
    except OSError as error:
        raise UsageError(f"{shown(path)}: not a readable mission file ({error.strerror})") from None
    except msgspec.ValidationError as error:
        raise UsageError(f"{shown(path)}: {_in_words(str(error))}") from None
    complaint = next(_complaints(mission, with_stages=with_stages), None)
    if complaint:
        raise UsageError(f"{shown(path)}: {complaint}")
    return mission


def _tables(path: Path) -> dict[str, Any]:
    """The tables of the file, within bounds of size and depth. Raises OSError and UsageError."""
    octets = read_file(path, _OCTETS_MAX).removeprefix(_BOM)
    if _KEY_PARTS.search(octets):
        raise UsageError(f"{shown(path)}: a key of more than 32 parts")
    try:
        tables: dict[str, Any] = msgspec.toml.decode(octets)
        check_plain(tables)
    except UnicodeDecodeError:
        raise UsageError(f"{shown(path)}: not a text file, expected TOML") from None
    except RecursionError:
        raise UsageError(f"{shown(path)}: nested too deep") from None
    except ValueError as error:
        raise UsageError(f"{shown(path)}: {error}") from None
    return tables


def _decode(folder: Path, kind: type, value: Any) -> Any:
    if kind is Path and isinstance(value, str):
        return folder / value
    if kind is AppSpec:
        return AppSpec.of(value, folder)
    if kind is PublicKey and isinstance(value, str):
        return PublicKey.load(folder / value)
    if kind is StageTable and isinstance(value, dict):
        return StageTable(value, folder)
    raise ValueError(f"Expected `{'object' if kind is StageTable else 'str'}`, got `{type(value).__name__}`")


def _complaints(mission: Mission, *, with_stages: bool) -> Iterator[str]:
    """The faults that the types of single keys cannot express."""
    if mission.files.entity == mission.files.ground_entity:
        yield f"files.ground_entity = {mission.files.ground_entity}, expected another than files.entity: two ends"
    yield from _scene_complaints(mission)
    if with_stages:
        yield from _pipeline_complaints(mission)
    yield from _app_complaints(mission.apps)
    if mission.defences.battery_leave_percent <= mission.defences.battery_low_percent:
        low = mission.defences.battery_low_percent
        yield f"defences.battery_leave_percent = {mission.defences.battery_leave_percent:g}, expected more than {low:g}"
    yield from _watch_complaints(mission.fdir)
    yield from _model_complaints(mission)
    bridges = [bridge.name for bridge in mission.bridge]
    for number, name in enumerate(bridges):
        if bridges.index(name) != number:
            yield f"bridge[{number}].name: {name!r} occurs twice, expected one name a bridge"
    limited = [quota.event for quota in mission.quota]
    for number, event in enumerate(limited):
        if limited.index(event) != number:
            yield f"quota[{number}].event: {event!r} occurs twice, expected one quota an event"
    if mission.files.apid == mission.node.apid:
        yield f"files.apid: {mission.files.apid} is node.apid as well, expected another one"
    try:
        managed = mission.managed
    except ValueError as error:
        yield f"link.{error}"
        return
    yield from _link_complaints(managed)


def _app_complaints(apps: Sequence[AppSpec]) -> Iterator[str]:
    for number, app in enumerate(apps):
        if not app.source.is_file():
            yield (
                f"apps[{number}]: no such file {shown(app.source)}, "
                "expected a Python file with an app, or a folder with __init__.py"
            )
        earlier = [other.file.resolve() for other in apps[:number] if other.name == app.name]
        if app.file.resolve() in earlier:
            yield f'apps[{number}]: {shown(app.file)} is listed twice, expected {{file = "...", name = "..."}}'


def _model_complaints(mission: Mission) -> Iterator[str]:
    models = mission.update.model if mission.update else ()
    names = [SOFTWARE, *(model.name for model in models)]
    files = [model.file.resolve() for model in models]
    for number, model in enumerate(models):
        where = f"update.model[{number}]"
        if names.index(model.name) != number + 1:
            yield f"{where}.name: {model.name!r} occurs twice, expected one name a target, and not {SOFTWARE!r}"
        if files.index(files[number]) != number:
            yield f"{where}.file: {shown(model.file)} occurs twice, expected one target a model"
        if not files_named(mission.stages, files[number]):
            yield f"{where}.file: {shown(model.file)}, expected the model of a stage that has model and keys"


def _watch_complaints(watches: Sequence[WatchSection]) -> Iterator[str]:
    names = [watch.name for watch in watches]
    for number, watch in enumerate(watches):
        if names.index(watch.name) != number:
            yield f"fdir[{number}].name: {watch.name!r} occurs twice, expected one name a watch"
        if watch.hits > watch.of:
            yield f"fdir[{number}].hits = {watch.hits}, expected {watch.of} (its key of) at most"
        if watch.held_s and watch.of > 1:
            yield f"fdir[{number}].held_s: expected either held_s, or hits and of"
        if watch.sequence and watch.mode:
            yield f"fdir[{number}].mode: expected either a sequence or a mode"


def _link_complaints(managed: Managed) -> Iterator[str]:
    for name in (HOUSEKEEPING_CHANNEL, FILES_CHANNEL):
        if name not in (channel.name for channel in managed.tm_channels):
            yield f"link.tm_channels: expected one with the name {name!r}"
    for channel in managed.tm_channels[:-1]:
        if not channel.quota:
            yield f"link.tm_channels: {channel.name!r} has no quota, expected one: those after it might never be sent"
    short = _DATA_OCTETS_MIN - managed.tm_data_octets
    if short > 0:
        expected = managed.tm_frame_octets + short
        yield f"link.tm_frame_octets = {managed.tm_frame_octets}, expected {expected} or more: a CFDP PDU is to fit"


def _scene_complaints(mission: Mission) -> Iterator[str]:
    targets = [scene.target for scene in mission.scene]
    for number, scene in enumerate(mission.scene):
        if not scene.file.is_file():
            yield f"scene[{number}].file: no such file {shown(scene.file)}, expected an .npz scene"
        if targets.index(scene.target) != number:
            yield f"scene[{number}].target: {scene.target!r} occurs twice, expected one scene a target"


def _pipeline_complaints(mission: Mission) -> Iterator[str]:
    """A fault for each stage that does not find what it takes, in any scene."""
    try:
        contracts = contracts_of(mission.stages)
    except ValueError as error:
        yield str(error)
        return
    yield from _limit_complaints(mission, contracts)
    for number, scene in enumerate(mission.scene):
        try:
            follow(mission.stages, contracts, seen(scene.recorded.form()))
        except CameraError as error:
            yield f"scene[{number}].file: {error}"
        except ValueError as error:
            yield f"{error} (target {scene.target!r})"


def _limit_complaints(mission: Mission, contracts: Sequence[Contract]) -> Iterator[str]:
    """A fault for each limit of the workers below what a stage needs."""
    for number, (spec, contract) in enumerate(zip(mission.stages, contracts, strict=True)):
        wanted = contract.limits
        if wanted is None:
            continue
        memory_mib = math.ceil(wanted.memory_octets / 2**20)
        for key, needed in (("timeout_s", wanted.timeout_s), ("memory_mib", memory_mib)):
            given = getattr(mission.jobs, key)
            if needed > given:
                yield f"jobs.{key} = {given}, expected {needed} or more for {place(number, spec)}"


def _in_words(complaint: str) -> str:
    """msgspec's message with the key in front: "Expected `int`, got `str` - at `$.node.apid`" and two other forms."""
    message, _, where = complaint.replace("`", "").partition(" - at $")
    place = where.removeprefix(".")
    if " matching regex " in message:
        return f"{place}: expected {_PATTERNS[literal_eval(message.partition(' matching regex ')[2])]}"
    fields = _fields_at(place)
    if message.startswith("Object contains unknown field "):
        key = message.rpartition(" ")[2]
        return f"{_joined(place, key)}: unknown key, expected one of {', '.join(fields)}{did_you_mean(key, fields)}"
    if message.startswith("Object missing required field "):
        key = message.rpartition(" ")[2]
        return f"{_joined(place, key)}: missing, expected {_word(fields[key])}"
    return f"{place or 'the file'}: {message[0].lower()}{message[1:]}".replace("object", "table")


def _joined(place: str, key: str) -> str:
    return f"{place}.{key}" if place else key


def _fields_at(place: str) -> dict[str, Any]:
    """The declared keys, and their types, of the table at a path such as "scene[0]"."""
    kind: Any = Mission
    for step in filter(None, place.split(".")):
        kind = get_type_hints(kind)[step.partition("[")[0]]
        kind = get_args(kind)[0] if get_origin(kind) in (tuple, types.UnionType) else kind
    return get_type_hints(kind) if isinstance(kind, type) and issubclass(kind, _Section) else {}


def _word(kind: Any) -> str:
    words: dict[Any, str] = {int: "a whole number", float: "a number", str: "a text", Path: "the path of a file"}
    if isinstance(kind, types.GenericAlias) and get_origin(kind) is tuple:
        return "a list of tables"
    return words.get(kind, "a table")
