import pytest

from benchmarks.instructions import complaints, dumped

DUMP = """# callgrind format
version: 1
desc: Trigger: Client Request: CRC-16, a frame
events: Ir
summary: 4824
"""


def counted(compiler: str = "gcc", **counts: int) -> dict[str, object]:
    return {"compiler": compiler, "counts": counts}


def test_dump():
    assert dumped(DUMP) == ("CRC-16, a frame", 4824)


@pytest.mark.parametrize(("now", "words"), [(1000, ""), (1020, ""), (900, ""), (1021, "1000 -> 1021")])
def test_a_rise_over_two_percent(now, words):
    found = complaints(counted(crc=1000), counted(crc=now))
    assert " ".join(found) == (words and f"crc: {words} instructions")


def test_what_cannot_be_compared_does_not_pass():
    assert complaints(counted(crc=1), counted("clang", crc=1))
    assert complaints(counted(), counted(crc=1))
    assert complaints(counted(crc=1), counted())
