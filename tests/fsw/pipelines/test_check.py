"""What a mission says of its stages is checked before anything flies: lengths and numbers as well as contracts."""

import numpy as np
import pytest

from fsw.pipelines.check import contracts_of
from fsw.pipelines.contract import FILES
from fsw.pipelines.run import files_of, run
from tests.fsw.pipelines.pipeline import specs, work

TABLE = """
from fsw.pipelines.contract import FILES, Contract, cube
from fsw.pipelines.stage import File, Stage
class Table(Stage, frozen=True):
    table: tuple[float, ...]
    def contract(self):
        return Contract(takes={"bands": cube("uint8", "uint16")}, gives={"files": FILES})
    def run(self, *, bands):
        return {"files": [File(".sum", repr(sum(self.table)).encode())]}
"""


def tables(folder, *counts):
    (folder / "table.py").write_text(TABLE)
    return specs(*(("table.py", {"table": [0.5] * count}) for count in counts), folder=folder)


@pytest.mark.parametrize("count", [100, 20_000, 100_000])
def test_a_long_table_flies(tmp_path, count):
    stages = tables(tmp_path, count)
    assert contracts_of(stages)[0].gives == {"files": FILES}
    (file,) = files_of(run(np.zeros((1, 2, 2), np.uint8), work(stages, ("red",))))
    assert float(file.octets) == count / 2


def test_parameters_that_fit_no_order_name_the_stage_and_the_limit(tmp_path):
    with pytest.raises(
        ValueError, match=r"^pipeline.stages\[1\] \(table.py\): parameters of 990\d{3} octets .* 983040"
    ):
        contracts_of(tables(tmp_path, 10_000, 100_000))


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        (float("inf"), "threshold: inf, expected a finite number"),
        ([1.0, {"a": [float("nan")]}], "threshold: nan, expected a finite number"),
        (1 << 70, "parameters: "),
    ],
)
def test_numbers_are_numbers(value, sentence):
    with pytest.raises(ValueError, match=rf"^pipeline.stages\[0\] \(water\): {sentence}"):
        contracts_of(specs(("water", {"threshold": value})))


@pytest.mark.parametrize("name", ["x" * 300 + ".py", "a\0b.py", "missing.py"])
def test_names_of_files_that_cannot_be_are_a_sentence(tmp_path, name):
    with pytest.raises(ValueError, match=r"^pipeline.stages\[0\] "):
        contracts_of(specs(name, folder=tmp_path))
