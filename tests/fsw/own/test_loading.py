"""An app in a file or a package of the user's own is taken as it is, or refused in a sentence that names the file."""

import pytest

from fsw.executive.app import App
from fsw.own.loading import AppSpec, made, module_in, own_app, own_apps
from kernels.usage import UsageError
from link.dictionary.declare import commands_of

HEAD = "from fsw.executive.app import App\nfrom link.dictionary import Event, command, parameter\n"
APP = HEAD + 'class Gyro(App, period_ms=1000, budget_ms=5):\n    """Turns."""\n'
COMMAND = APP + "    @command(opcode=1)\n    def turn(self, {}) -> None:\n"
DATA = HEAD + "from dataclasses import dataclass\n@dataclass\nclass Gyro(App, period_ms=1000, budget_ms=5):\n"
PLAIN_INIT = APP + "    def __init__(self, gyro): ...\n"


@pytest.fixture
def write(tmp_path):
    def write(content, name="gyro.py"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(content)
        return path

    return write


def app_in(file):
    return made(own_app(AppSpec(file)), {})


def refusal(work):
    with pytest.raises(UsageError) as refused:
        work()
    return str(refused.value)


def test_the_one_app_that_a_file_defines_is_taken(write):
    path = write(APP + "from fsw.apps.files import Files\nclass Helper: pass\n")
    kind = own_app(AppSpec(path)).kind
    assert (kind.app_name, issubclass(kind, App), isinstance(app_in(path), kind)) == ("gyro", True, True)
    assert app_in(path) is not app_in(path)
    assert own_app(AppSpec(path)).kind is kind  # the file runs once


def test_files_of_one_name_are_two_modules(write):
    first, second = write(APP, "a/gyro.py"), write(APP, "b/gyro.py")
    assert module_in(first).__name__ != module_in(second).__name__
    assert module_in(first).__name__.startswith("app_gyro_")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("", "0 apps in the file, expected one class derived from App"),
        (APP + APP.replace("Gyro", "Wheel"), "2 apps in the file, expected one class derived from App"),
        ("1 +", "SyntaxError: invalid syntax (gyro.py, line 1)"),
        ("import sys\nsys.exit(3)", "SystemExit: 3"),
        (APP + "    def __init__(self): 1 / 0", "ZeroDivisionError: division by zero"),
        (APP + "    def __init__(self): raise SystemExit(4)", "SystemExit: 4"),
        (PLAIN_INIT, "TypeError: Gyro.__init__() missing 1 required positional argument: 'gyro'"),
        (COMMAND.format("degrees: 'Nothing'") + "        pass", "NameError: name 'Nothing' is not defined"),
        (APP + "    rate: 'Nothing' = parameter(id=1, default=1)\n", "NameError: name 'Nothing' is not defined"),
        (APP + "    rate: int = parameter(default=1)\n", "Gyro has fields, expected @dataclass above the class"),
        (APP + "    rate: int\n", "Gyro has fields, expected @dataclass above the class"),
        (
            DATA + "    gyro: list[int]\n",
            "Gyro.gyro: a list[int] cannot be handed in, and there is no default; expected Board, Camera, Clock, Jobs, "
            "Log, Queue[TOPIC] = subscribe(...) or Folder = folder(...), or a default, or a value in the mission",
        ),
    ],
)
@pytest.mark.requirement("FSW-APP-005")
def test_a_file_that_is_no_app_is_refused(write, content, sentence):
    path = write(content)
    assert refusal(lambda: app_in(path)) == f"{path}: {sentence}"


def test_what_is_no_python_file_is_refused(write):
    path = write(APP, "gyro.txt")
    assert refusal(lambda: app_in(path)) == f"{path}: expected a Python file"


def test_a_class_variable_is_no_field(write):
    path = write("from typing import ClassVar\n" + APP + "    axes: ClassVar[int] = 3\n")
    assert app_in(path).axes == 3


@pytest.mark.requirement("FSW-APP-004")
def test_two_apps_of_one_name_are_refused_and_both_owners_named(write):
    first, second = AppSpec(write(APP, "a/gyro.py")), AppSpec(write(APP, "b/gyro.py"))
    other = AppSpec(write(APP.replace("Gyro", "Wheel"), "wheel.py"))
    assert [own.kind.app_name for own in own_apps([first, other], ["files"])] == ["gyro", "wheel"]
    said = "its app is called gyro, as is that of"
    node = "an app of the node's own"
    for specs, taken, owner in (([first, other, second], [], first.file), ([second], ["gyro"], node)):
        sentence = refusal(lambda specs=specs, taken=taken: own_apps(specs, taken))
        assert sentence.startswith(f"{second.file}: {said} {owner}; expected another name, as {{file")


@pytest.mark.requirement("FSW-APP-002")
def test_a_second_instance_has_a_class_with_a_name_and_numbers_of_its_own(write):
    path = write(DATA + "    rate: int = parameter(id=7, default=1)\n    @command(opcode=1)\n    def turn(self): ...\n")
    first, second = own_app(AppSpec(path)), own_app(AppSpec(path, "gyro_b", {"rate": 5}))
    assert (first.kind.app_name, second.kind.app_name) == ("gyro", "gyro_b")
    assert (made(first, {}).rate, made(second, {}).rate) == (1, 5)
    assert [next(form.opcode for form in commands_of(own.kind)) for own in (first, second)] == [1, 58083]


def test_the_name_of_the_class_given_as_a_name_changes_no_number(write):
    path = write(APP + "    @command(opcode=1)\n    def turn(self): ...\n")
    assert [form.opcode for form in commands_of(own_app(AppSpec(path, "gyro")).kind)] == [1]


def test_a_package_is_an_app_whose_modules_import_each_other(write):
    write("from .model import RATE\nfrom .told import Turned\n" + APP + "    rate = RATE\n", "gyro/__init__.py")
    write("RATE = 3\n", "gyro/model.py")
    path = write(HEAD + 'class Turned(Event):\n    """Turned."""\n', "gyro/told.py").parent
    own = own_app(AppSpec(path))
    assert made(own, {}).rate == 3
    assert [module.__name__.rpartition(".")[2] for module in own.modules[1:]] == ["model", "told"]
    second = own_app(AppSpec(path, "gyro_b"))
    assert [own.modules[2].Turned.__name__ for own in (own, second)] == ["Turned", "gyro_b.Turned"]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [("1 / 0", "ZeroDivisionError: division by zero"), ("from .nothing import x", "ModuleNotFoundError: ")],
)
def test_a_fault_in_a_package_names_the_file_and_leaves_no_module(write, content, sentence):
    path = write("from . import model\n" + APP, "gyro/__init__.py").parent
    write(content, "gyro/model.py")
    assert refusal(lambda: app_in(path)).startswith(f"{path / 'model.py'}: {sentence}")
    write("", "gyro/model.py")
    assert app_in(path).app_name == "gyro"


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        (1, "Expected `str` or a table with the key file, got `int`"),
        ({"name": "a"}, "file: expected the path of a Python file, or of a folder with __init__.py"),
        ({"file": "a.py", "name": "A"}, "name: expected up to 40 small letters, digits and underscores, the first"),
        ({"file": "a.py", "name": 1}, "name: expected up to 40"),
        ({"file": "a.py", "name": ""}, "name: expected up to 40"),
    ],
)
def test_what_a_mission_says_of_an_app_is_checked(tmp_path, said, sentence):
    with pytest.raises(ValueError, match="xpected") as refused:
        AppSpec.of(said, tmp_path)
    assert str(refused.value).startswith(sentence)


def test_a_mission_names_a_file_or_a_table(tmp_path):
    spec = AppSpec.of({"file": "a.py", "name": "b", "gain": 1}, tmp_path)
    assert (spec.file, spec.name, spec.values) == (tmp_path / "a.py", "b", {"gain": 1})
    assert (AppSpec.of("a.py", tmp_path).file, AppSpec(tmp_path).source) == (
        tmp_path / "a.py",
        tmp_path / "__init__.py",
    )
