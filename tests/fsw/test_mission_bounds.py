"""What a mission file may hold is bounded: whatever stands at any key, it loads or is one sentence."""

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, get_args, get_origin, get_type_hints

import msgspec
import pytest

from fsw.mission import Mission, load_mission
from fsw.pipelines import STAGES
from fsw.pipelines.load import stage_class
from kernels.usage import UsageError

COASTWATCH = Path(__file__).parents[2] / "examples" / "missions" / "coastwatch.toml"
NUMBERS = ["inf", "-inf", "nan", "1e308", "-1e308", "1e-320", "-0.0", "0", "-1", "9223372036854775807", "9" * 40]
TEXTS = [
    '""', '"../../../esc"', '"/etc/passwd"', f'"{"x" * 41}"', r'"\u001b[2J"', r'"a\u0000b"', r'"a\nb"', r'"\u202e"',
]  # fmt: skip
OTHERS = ["true", "{}", "[[[[]]]]", "1979-05-27"]


def toml(value: object) -> str:
    """A value as TOML has it; one that stands for itself is wrapped in `Raw`."""
    match value:
        case Raw():
            return value.text
        case bool():
            return str(value).lower()
        case dict():
            return "{" + ", ".join(f"{key} = {toml(item)}" for key, item in value.items()) + "}"
        case list():
            return "[" + ", ".join(map(toml, value)) + "]"
    return repr(value).replace("'", '"')


class Raw(msgspec.Struct):
    text: str


def coastwatch() -> dict[str, object]:
    text = COASTWATCH.read_text().replace("../scenes", str(COASTWATCH.parents[1] / "scenes"))
    return tomllib.loads(text)


def leaves(value: object, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield (*path, key)
        yield from leaves(item, (*path, key))


def written(tables: dict[str, object], path: Path) -> Path:
    path.write_text("".join(f"{key} = {toml(value)}\n" for key, value in tables.items()))
    return path


KEYS = [path for path in leaves(coastwatch()) if not {1, 2, 3} & {*path}]  # the first of each list is enough


@pytest.mark.parametrize("where", KEYS, ids=lambda where: ".".join(map(str, where)))
def test_hostile_values_load_or_are_one_sentence(tmp_path, where):
    tables = coastwatch()
    place = tables
    for key in where[:-1]:
        place = place[key]
    usual = place[where[-1]]
    for hostile in [*(TEXTS if isinstance(usual, str) else NUMBERS), *OTHERS]:
        place[where[-1]] = Raw(hostile)
        path = written(tables, tmp_path / "mission.toml")
        try:
            mission = load_mission(path)
        except UsageError as error:
            said = str(error)
            assert said.startswith(f"{path}: "), (hostile, said)
            assert said.isprintable(), (hostile, said)
            assert len(said) < 600, (hostile, said)
        else:
            assert all(abs(number) < 1e16 for number in numbers(msgspec.to_builtins(mission.link))), hostile
            assert mission.managed.tm_channels


def numbers(value: object) -> Iterator[float]:
    if isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from numbers(item)
    elif isinstance(value, int | float):
        yield value


def test_parameters_of_any_stage_are_finite(tmp_path):
    """Those of a user's own file as well, which declares no bounds."""
    tables = coastwatch()
    stages = tables["pipeline"]["stages"]
    for number, text in enumerate(["inf", "[1.0, nan]", r'"\u0007"', "9" * 30]):
        stages[0] = {"stage": "own.py", "parameter": Raw(text)}
        with pytest.raises(UsageError, match=r"pipeline\.stages\[0\]\.parameter"):
            load_mission(written(tables, tmp_path / f"{number}.toml"))


def declared(kind: type) -> Iterator[tuple[str, object]]:
    """The keys of a table and of those in it, with their annotations."""
    for name, hint in get_type_hints(kind, include_extras=True).items():
        bare = get_args(hint)[0] if get_origin(hint) is Annotated else hint
        bare = get_args(bare)[0] if get_origin(bare) is tuple else bare
        if isinstance(bare, type) and issubclass(bare, msgspec.Struct):
            yield from declared(bare)
        else:
            yield f"{kind.__name__}.{name}", hint


@pytest.mark.parametrize(
    ("key", "hint"),
    [*declared(Mission), *(pair for name in STAGES for pair in declared(stage_class(name)))],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_every_number_has_two_bounds_and_every_name_a_pattern(key, hint):
    bare, *said = get_args(hint) if get_origin(hint) is Annotated else (hint,)
    bounds = said[0] if said else msgspec.Meta()
    if bare in (int, float):
        assert None not in (bounds.ge if bounds.ge is not None else bounds.gt, bounds.le), key
    if bare is str and key.partition(".")[0].endswith("Section"):
        assert bounds.pattern, key


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("x = " + "[" * 100_000, "nested too deep"),
        ("x = " + "{a=" * 100_000, "nested too deep"),
        ("x = " + "[" * 100 + "]" * 100, "nested more than 32 deep"),
        ("a." * 100_000 + "a = 1", "a key of more than 32 parts"),
        ("[" + "a . " * 100_000 + "a]", "a key of more than 32 parts"),
        ("# " + "x" * (1 << 20), "longer than 1048576 octets"),
        ("x = " + "9" * 5000, "digits"),
        ("x = '" + "y" * 5000 + "'", "a text of 5000 characters"),
    ],
)
def test_deep_or_huge_is_one_sentence(tmp_path, content, sentence):
    path = tmp_path / "mission.toml"
    path.write_text(content)
    with pytest.raises(UsageError, match="^" + str(path)) as caught:
        load_mission(path)
    assert sentence in str(caught.value)
    assert len(str(caught.value)) < 400


def test_a_byte_order_mark_is_not_part_of_the_text(tmp_path):
    path = written(coastwatch(), tmp_path / "mission.toml")
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert load_mission(path).node.name == "coastwatch"


def test_a_device_without_end_is_refused():
    with pytest.raises(UsageError, match="longer than 1048576 octets"):
        load_mission(Path("/dev/zero"))
