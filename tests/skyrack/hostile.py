"""Foreign files that are deep, huge or absurd, each read by the command line within bounds of memory and time.

Run as a process of its own, whose address space is limited: python -m tests.skyrack.hostile FOLDER. Prints one JSON
object: for each file the exit code, what was said, and the processor seconds it took.
"""

import contextlib
import io
import json
import resource
import sys
import time
from collections.abc import Iterator
from pathlib import Path

MEMORY_OCTETS = 2 << 30
DEEP = 100_000
_XTCE = '<SpaceSystem name="S" xmlns="http://www.omg.org/spec/XTCE/20180204"><TelemetryMetaData><ParameterTypeSet>{}' \
        "</ParameterTypeSet></TelemetryMetaData></SpaceSystem>"  # fmt: skip
_TYPE = '<IntegerParameterType name="T"><IntegerDataEncoding sizeInBits="{bits}">{inside}</IntegerDataEncoding>' \
        "</IntegerParameterType>"  # fmt: skip
_TERM = "<DefaultCalibrator><PolynomialCalibrator>" \
        '<Term exponent="{}" coefficient="{}"/></PolynomialCalibrator></DefaultCalibrator>'  # fmt: skip
_USED = '<SpaceSystem name="S" xmlns="http://www.omg.org/spec/XTCE/20180204"><TelemetryMetaData><ParameterTypeSet>{}' \
        '</ParameterTypeSet><ParameterSet><Parameter name="P" parameterTypeRef="T"/></ParameterSet><ContainerSet>' \
        '<SequenceContainer name="C"><EntryList><ParameterRefEntry parameterRef="P"/></EntryList></SequenceContainer>' \
        "</ContainerSet></TelemetryMetaData></SpaceSystem>"  # fmt: skip
_GROWING = "".join(f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(9))
_ENTITIES = f'<!DOCTYPE x [<!ENTITY a "{"a" * 1000}">{_GROWING}]><SpaceSystem>&j;</SpaceSystem>'
_BINARY = '<BinaryParameterType name="T"><BinaryDataEncoding><SizeInBits><FixedValue>{}</FixedValue></SizeInBits>' \
          "</BinaryDataEncoding></BinaryParameterType>"  # fmt: skip
_CSV = "name,data_type,bit_length\n"
_PACKET = '{{"name": "x", "packets": [{{"name": "p", "fields": [{{"name": "f", "kind": {}}}]}}]}}'
_INTEGER = '{"kind": "integer", "bits": 8}'


_TEXT = '<StringParameterType name="T7"><StringDataEncoding><SizeInBits><TerminationChar>00</TerminationChar>' \
        "</SizeInBits></StringDataEncoding></StringParameterType>"  # fmt: skip
_ENTRY = '<ParameterRefEntry parameterRef="P"/>'


def _members() -> Iterator[str]:
    """Seven structures, each of ten of the next: ten million texts."""
    for level in range(7):
        members = "".join(f'<Member name="m{n}" typeRef="T{level + 1}"/>' for n in range(10))
        name = f"T{level}" if level else "T"
        yield f'<AggregateParameterType name="{name}"><MemberList>{members}</MemberList></AggregateParameterType>'
    yield _TEXT


def _variants() -> Iterator[str]:
    """Containers, each with one on it in which the next stands four times, and so on."""
    for level in range(8):
        inside = f'<ContainerRefEntry containerRef="B{level + 1}"/>' * 4
        yield f'<SequenceContainer name="B{level}"><EntryList>{_ENTRY}</EntryList></SequenceContainer>'
        yield f'<SequenceContainer name="K{level}"><EntryList>{inside}</EntryList>'
        yield f'<BaseContainer containerRef="B{level}"/></SequenceContainer>'
    yield f'<SequenceContainer name="B8"><EntryList>{_ENTRY}</EntryList></SequenceContainer>'


def files() -> Iterator[tuple[str, str]]:
    """Names and contents."""
    yield "deep.xml", "<a>" * DEEP + "</a>" * DEEP
    yield "deep_systems.xml", '<SpaceSystem name="a">' * DEEP + "</SpaceSystem>" * DEEP
    yield "entities.xml", _ENTITIES
    yield "exponent.xml", _USED.format(_TYPE.format(bits=8, inside=_TERM.format(2147483648, 1)))
    yield "exponent_below.xml", _USED.format(_TYPE.format(bits=8, inside=_TERM.format(-2147483648, 1)))
    yield "coefficient.xml", _USED.format(_TYPE.format(bits=8, inside=_TERM.format(1, "1e999")))
    yield "not_a_number.xml", _USED.format(_TYPE.format(bits=8, inside=_TERM.format(1, "NaN")))
    yield "bits.xml", _USED.format(_TYPE.format(bits=10**12, inside=""))
    yield "bits_below.xml", _USED.format(_TYPE.format(bits=-8, inside=""))
    yield "digits.xml", _USED.format(_TYPE.format(bits="9" * 5000, inside=""))
    yield "octets.xml", _USED.format(_BINARY.format(8 * 10**12))
    yield "members_of_members.xml", _USED.format("".join(_members()))
    yield (
        "variants_of_variants.xml",
        _USED.format(_TYPE.format(bits=8, inside="")).replace(
            "<ContainerSet>", f"<ContainerSet>{''.join(_variants())}"
        ),
    )
    yield "deep.json", "[" * DEEP
    yield "deep_packets.json", '{"packets": ' * DEEP
    yield "deep_kinds.json", _PACKET.format('{"kind": "array", "count": 1, "of": ' * 40 + _INTEGER + "}" * 40)
    yield "elements.json", _PACKET.format(f'{{"kind": "array", "count": {10**12}, "of": {_INTEGER}}}')
    yield (
        "elements_of_elements.json",
        _PACKET.format(
            f'{{"kind": "array", "count": 65000, "of": {{"kind": "array", "count": 65000, "of": {_INTEGER}}}}}'
        ),
    )
    yield "bits.json", _PACKET.format(f'{{"kind": "integer", "bits": {10**12}}}')
    yield (
        "divisor.json",
        _PACKET.format('{"kind": "octets", "size": {"size": "reference", "field": "n", "divisor": 0}}'),
    )
    yield "steering.json", _PACKET.format(_INTEGER).replace('"f"', r'"\u001b[2J"')
    yield "bits.csv", f"{_CSV}x,uint,{10**12}\n"
    yield "digits.csv", f"{_CSV}x,uint,{'9' * 5000}\n"
    yield "elements.csv", f'{_CSV}x,"uint({10**12})",8\n'
    yield "deep.csv", f'{_CSV}x,"uint({",".join(["1"] * 5000)})",8\n'
    yield "short.csv", f"{_CSV}x,uint\n"
    yield "field.csv", f"{_CSV}{'x' * 200_000},uint,8\n"
    yield "rows.csv", _CSV + "x,uint,8\n" * 70_000
    yield "huge.csv", _CSV + "x,uint,8\n" * 4_000_000
    yield "huge.xml", _XTCE.format("<a/>" * 9_000_000)
    yield "tags.xml", _XTCE.format("<a/>" * 4_100_000)
    yield "deep.toml", "x = " + "[" * DEEP
    yield "keys.toml", "a." * DEEP + "a = 1"


def run(folder: Path) -> Iterator[tuple[str, dict[str, object]]]:
    """Each file through `skyrack dictionary check`."""
    from skyrack.cli import main

    for name, content in files():
        path = folder / name
        path.write_text(content)
        said, start = io.StringIO(), time.process_time()
        with contextlib.redirect_stderr(said), contextlib.redirect_stdout(io.StringIO()):
            code = main(["dictionary", "check", str(path)])
        yield name, {"code": code, "said": said.getvalue(), "cpu_s": time.process_time() - start}
        path.unlink()


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_OCTETS, MEMORY_OCTETS))
    print(json.dumps(dict(run(Path(sys.argv[1])))))
