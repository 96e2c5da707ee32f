"""A sequence as an operator writes it becomes packets, or one sentence says what is wrong with which step."""

from pathlib import Path

import msgspec
import pytest

from fsw.design import dictionary_of
from fsw.mission import load_mission
from ground.commands.sequences import compile_sequence
from link.pus.packets import AckFlags, TcPacket
from link.sequences.check import complaints

EXAMPLES = Path(__file__).parents[3] / "examples"
DICTIONARY = dictionary_of(load_mission(EXAMPLES / "missions" / "coastwatch.toml"))
TEXT = (EXAMPLES / "sequences" / "look.toml").read_text()


def test_the_example():
    sequence = compile_sequence(TEXT, DICTIONARY)
    assert (sequence.number, sequence.name, sequence.on_trouble) == (3, "look twice", "stop")
    assert [step.after_ms for step in sequence.steps] == [0, 500, 0]
    assert (sequence.steps[1].until, sequence.steps[1].timeout_ms) == ("NodeStatus.jobs == 0", 60_000)
    packets = [TcPacket.decode(step.packet) for step in sequence.steps]
    assert [packet.count for packet in packets] == [16_383, 16_382, 16_381]
    assert {packet.acknowledge for packet in packets} == {AckFlags.NONE}
    assert list(complaints(sequence, DICTIONARY)) == []


def test_a_time_of_day():
    (step,) = compile_sequence(one('command = "test.ping"\nat = "2030-01-01T12:00:00Z"'), DICTIONARY).steps
    assert step.at_ns == 1_893_499_200_000_000_000


def one(table):
    return f'number = 1\nname = "a"\n[[step]]\n{table}\n'


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("number = ", "TOML|invalid|Invalid"),
        ('number = 1\nname = "a"', "missing required field `step`"),
        (one("after = 3\ncommand = ''"), "unknown field `after`"),
        (one("command = ''"), "step 0: command is empty"),
        (one("command = 'imaging.captur target=coast'"), "step 0: no command is called imaging.captur"),
        (one("command = 'imaging.capture'"), "step 0: imaging.capture: target is missing"),
        (one("command = 'test.ping'\nafter_s = -1"), "step 0: after_s = -1, expected 0..2592000"),
        (one("command = 'test.ping'\nafter_s = nan"), "step 0: after_s = nan"),
        (one("command = 'test.ping'\nafter_s = 0.0001"), "expected whole milliseconds"),
        (one("command = 'test.ping'\nat = 'noon'"), "at = 'noon', expected a time as"),
        (one("command = 'test.ping'\nat = '2030-01-01T12:00:00Z'\nafter_s = 1"), "not both"),
        (one("command = 'test.ping'\nuntil = 'NodeStatus.jobs == 0'"), "has a timeout"),
        (one("command = 'test.ping'\nif = 'NodeStatus.job == 0'"), "did you mean NodeStatus.jobs"),
        (one("command = 'sequencing.activate_sequence sequence=2'"), "neither loads nor runs sequences"),
        (one("command = 'test.ping'").replace("= 1", "= 0"), "Expected `int` >= 1"),
        ("number = 1\nname = 'a'\nstep = []", "length >= 1"),
        ("a = " + "[" * 20_000, "nested too deep|recursion|TOML|Unclosed|Invalid"),
    ],
)
def test_what_is_wrong_is_said(text, words):
    with pytest.raises(ValueError, match=words):
        compile_sequence(text, DICTIONARY)


def test_a_hazardous_command_is_confirmed_in_its_step():
    commands = tuple(msgspec.structs.replace(entry, hazardous=True) for entry in DICTIONARY.commands)
    dictionary = msgspec.structs.replace(DICTIONARY, commands=commands)
    text = one("command = 'files.release'")
    with pytest.raises(ValueError, match=r"step 0: files\.release is hazardous, which hazardous = true in its step"):
        compile_sequence(text, dictionary)
    assert compile_sequence(text + "hazardous = true\n", dictionary).steps
