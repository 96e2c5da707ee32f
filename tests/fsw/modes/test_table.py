"""The mode table: what the mission says holds, what it leaves out is sound, and a wrong name is told."""

from typing import NamedTuple

import pytest

from fsw.modes.table import Mode, ModeTable
from kernels.usage import UsageError

RULED = ("imaging", "heater")
COMMANDS = ("imaging.capture", "imaging.erase", "heater.set", "files.list", "modes.change")


class Said(NamedTuple):
    """What a mission says of one mode."""

    apps: tuple[str, ...] | None = None
    commands: tuple[str, ...] | None = None


NOTHING = Said()


def table(safe=NOTHING, nominal=NOTHING, payload=NOTHING):
    return ModeTable({Mode.SAFE: safe, Mode.NOMINAL: nominal, Mode.PAYLOAD: payload}, RULED, COMMANDS)


def stepped(made):
    return {mode: [app for app in (*RULED, "files", "modes") if made.steps(mode, app)] for mode in Mode}


@pytest.mark.requirement("FSW-MOD-002")
def test_without_a_word_safe_mode_keeps_what_the_node_needs():
    made = table()
    assert stepped(made) == {
        Mode.SAFE: ["imaging", "files", "modes"],
        Mode.NOMINAL: ["imaging", "heater", "files", "modes"],
        Mode.PAYLOAD: ["imaging", "heater", "files", "modes"],
    }
    assert [made.allowing(name) for name in COMMANDS] == [
        [Mode.PAYLOAD],
        [Mode.PAYLOAD],
        [Mode.NOMINAL, Mode.PAYLOAD],
        list(Mode),
        list(Mode),
    ]


@pytest.mark.requirement("FSW-MOD-005")
def test_what_the_mission_says_holds():
    made = table(safe=Said(apps=("heater",)), nominal=Said(commands=("imaging.erase",)), payload=Said(apps=()))
    assert stepped(made)[Mode.SAFE] == ["imaging", "heater", "files", "modes"]
    assert stepped(made)[Mode.PAYLOAD] == ["imaging", "files", "modes"]
    assert made.allowing("imaging.erase") == [Mode.NOMINAL]
    assert made.allowing("heater.set") == [Mode.SAFE]


def test_a_whole_app_may_be_commanded():
    assert table(safe=Said(commands=("imaging",))).allowing("imaging.erase") == [Mode.SAFE, Mode.PAYLOAD]


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        (
            Said(apps=("heatr",)),
            r"modes\.safe\.apps: 'heatr' is none that a mode may stop; known: heater, imaging; did you mean heater\?",
        ),
        (Said(apps=("files",)), r"modes\.safe\.apps: 'files' is none"),
        (Said(commands=("heater.off",)), r"modes\.safe\.commands: 'heater\.off' is none"),
        (Said(commands=("files.list",)), r"modes\.safe\.commands: 'files\.list' is none"),
    ],
)
@pytest.mark.requirement("FSW-MOD-005")
def test_a_name_that_no_mode_may_rule_is_refused(said, sentence):
    with pytest.raises(UsageError, match=sentence):
        table(safe=said)


def test_without_apps_to_rule_there_is_nothing_to_name():
    with pytest.raises(UsageError, match="known: none"):
        ModeTable({mode: Said(apps=("a",)) for mode in Mode}, (), ())
