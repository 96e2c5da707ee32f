"""A node's dictionary: gathered from declarations, one file, and all that the ground needs."""

import hashlib
import importlib.util
import json
from pathlib import Path

import msgspec
import pytest

from link.dictionary import Dictionary, Int8ub, Telemetry, decode_arguments, wire
from link.dictionary.exchange.schema import json_schema
from link.errors import DecodeError

HELLO = Path(__file__).parents[3] / "examples" / "hello.py"


@pytest.fixture(scope="module")
def hello():
    spec = importlib.util.spec_from_file_location("hello", HELLO)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def ground(hello):
    """The dictionary as the ground gets it: from the file alone."""
    return Dictionary.from_json(Dictionary.of("hello", 100, {"spacecraft_id": 7}, [hello]).to_json())


def test_hello_fits_in_thirty_lines():
    assert HELLO.read_text(encoding="utf-8").count("\n") <= 30


def test_hello_flies(hello, ground):
    """One command goes up, its event and report come down, and the ground reads them by the file alone."""
    app = hello.Hello()
    function, octets = ground.encode_command("hello.greet", {"name": "Ada"})
    assert function == 0x24
    assert ground.decode_command(function, octets)[1] == {"name": "Ada"}
    event, report = app.greet(**decode_arguments(app.greet, octets))
    assert ground.decode_event(0x22, event.encode()).message == "Hello, Ada!"
    sample = ground.decode_report(0x21, report.encode())
    assert (sample.name, sample.values) == ("HelloStatus", {"greetings": 1})
    assert [(p.name, p.field.range, p.field.default) for p in ground.parameters] == [("hello.weight", (1, 10), 1)]


def test_the_file_reads_back_equal_with_its_version(hello, ground):
    here = Dictionary.of("hello", 100, {"spacecraft_id": 7}, [hello])
    assert (ground, ground.version) == (here, here.version)
    assert len(here.version) == 16


def test_any_change_changes_the_version(hello, ground):
    assert Dictionary.of("hello", 101, {"spacecraft_id": 7}, [hello]).version != ground.version
    assert Dictionary.of("hello", 100, {"spacecraft_id": 8}, [hello]).version != ground.version


def test_a_file_changed_by_hand_is_refused(ground):
    with pytest.raises(ValueError, match="changed by hand"):
        Dictionary.from_json(ground.to_json().replace(b'"bits": 32', b'"bits": 16'))
    with pytest.raises(ValueError, match=r"Expected `int`, got `str` - at `\$.apid`"):
        Dictionary.from_json(ground.to_json().replace(b'"apid": 100', b'"apid": "x"'))


@pytest.mark.parametrize(
    ("name", "arguments", "sentence"),
    [
        ("hello.gret", {}, "no command is called hello.gret; known: hello.greet"),
        ("hello.greet", {"who": "Ada"}, "hello.greet: no argument is called who; known: name"),
        (
            "hello.greet",
            {"name": "x" * 256},
            f"hello.greet: name = '{'x' * 39}..., expected a text of up to 255 octets",
        ),
        ("hello.greet", {"name": 5}, "hello.greet: name = 5, expected a text of up to 255 octets"),
    ],
)
def test_a_wrong_command_is_refused_with_a_sentence(ground, name, arguments, sentence):
    with pytest.raises(ValueError) as caught:  # noqa: PT011  # the whole sentence is compared
        ground.encode_command(name, arguments)
    assert str(caught.value) == sentence


def test_what_the_dictionary_does_not_know_is_a_decode_error(ground):
    for decode in (ground.decode_report, ground.decode_event, ground.decode_command):
        with pytest.raises(DecodeError, match="999 is not in the dictionary"):
            decode(999, b"")


def test_two_entries_with_one_identifier_are_refused(hello):
    class Other(Telemetry, id=0x21):
        value: int = wire(Int8ub)

    with pytest.raises(ValueError, match="report Other and report HelloStatus have the same id, 33"):
        Dictionary.of("hello", 100, {}, [hello, Other])


def test_a_dictionary_with_one_number_twice_is_refused(ground):
    """Where it is made of declarations, `of` tells the places of both before."""
    entry = ground.reports[0]
    twice = (entry, msgspec.structs.replace(entry, name="Other"))
    with pytest.raises(ValueError, match=f"report Other and report {entry.name} have the same id, {entry.id}"):
        msgspec.structs.replace(ground, reports=twice)


def test_an_older_file_keeps_its_content_and_its_version(ground):
    """Written before a key was known: it is read, its version is its own, and it is written as it was."""
    content = json.loads(ground.to_json())
    del content["services"], content["version"]
    version = hashlib.sha256(json.dumps(content, separators=(",", ":")).encode()).hexdigest()[:16]
    older = Dictionary.from_json(json.dumps({"version": version, **content}).encode())
    assert (older, older.version) == (ground, version)
    assert version != ground.version
    assert Dictionary.from_json(older.to_json()).version == version


def test_the_schema_describes_the_file(ground):
    schema = json.loads(json_schema())
    described = schema["$defs"]["Dictionary"]["properties"]
    assert described.keys() == json.loads(ground.to_json()).keys() - {"version"}
    assert schema["$schema"].endswith("2020-12/schema")


def test_a_sample_and_a_happening_speak_for_themselves(ground):
    sample = ground.decode_report(0x21, bytes(4))
    happening = ground.decode_event(0x22, b"Ada".ljust(16, b"\0"))
    assert (sample.units, sample.invalid, happening.name, happening.severity) == ({}, frozenset(), "Greeted", "info")


def test_what_is_derived_is_made_once(ground):
    made = []

    def derive(dictionary):
        made.append(dictionary)
        return [dictionary.version]

    assert ground.derived(derive) is ground.derived(derive)
    assert made == [ground]
    assert ground.derived(lambda dictionary: dictionary.node) == ground.node
