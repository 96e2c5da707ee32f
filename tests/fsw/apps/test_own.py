"""An app in a file of the user's own is taken as it is, or refused in a sentence that names the file."""

import pytest

from fsw.apps.own import app_in, check_names, class_in, module_in
from fsw.executive.app import App
from kernels.usage import UsageError

HEAD = "from fsw.executive.app import App\nfrom link.dictionary import command, parameter\n"
APP = HEAD + 'class Gyro(App, period_ms=1000, budget_ms=5):\n    """Turns."""\n'
COMMAND = APP + "    @command(opcode=1)\n    def turn(self, {}) -> None:\n"


@pytest.fixture
def write(tmp_path):
    def write(content, name="gyro.py"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(content)
        return path

    return write


def test_the_one_app_that_a_file_defines_is_taken(write):
    path = write(APP + "from fsw.apps.files import Files\nclass Helper: pass\n")
    kind = class_in(path)
    assert (kind.app_name, issubclass(kind, App), isinstance(app_in(path), kind)) == ("gyro", True, True)
    assert app_in(path) is not app_in(path)
    assert class_in(path) is kind  # the file runs once


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
        (
            APP + "    def __init__(self, gyro): ...",
            "Gyro.__init__() missing 1 required positional argument: 'gyro'; "
            "the fields of an app in a file need defaults",
        ),
        (COMMAND.format("degrees: 'Nothing'") + "        pass", "NameError: name 'Nothing' is not defined"),
    ],
)
def test_a_file_that_is_no_app_is_refused(write, content, sentence):
    path = write(content)
    with pytest.raises(UsageError) as refused:
        app_in(path)
    assert str(refused.value) == f"{path}: {sentence}"


def test_a_parameter_that_cannot_be_declared_is_refused_when_the_file_is_loaded(write):
    path = write(APP + "    rate: 'Nothing' = parameter(id=1, default=1)\n")
    with pytest.raises(UsageError, match=r"gyro\.py: NameError: name 'Nothing'"):
        module_in(path)


def test_what_is_no_python_file_is_refused(write):
    path = write(APP, "gyro.txt")
    with pytest.raises(UsageError) as refused:
        app_in(path)
    assert str(refused.value) == f"{path}: expected a Python file"


def test_two_apps_of_one_name_are_refused_and_both_owners_named(write):
    first, second = write(APP, "a/gyro.py"), write(APP, "b/gyro.py")
    other = write(APP.replace("Gyro", "Wheel"), "wheel.py")
    check_names([first, other], ["files"])
    said = "its app is called gyro, as is that of"
    for files, taken, owner in (([first, other, second], [], first), ([second], ["gyro"], "an app of the node's own")):
        with pytest.raises(UsageError) as refused:
            check_names(files, taken)
        assert str(refused.value) == f"{second}: {said} {owner}; expected another name"
