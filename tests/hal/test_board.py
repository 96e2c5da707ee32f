"""Power is reported with its source: a model, or the rails of a board as hwmon shows them."""

import pytest

from hal.board import PowerReading
from hal.linux.board import MeasuredBoard, board_name, find_input_rail
from hal.sim.board import ModelBoard

MODEL = ModelBoard(name="model", idle_watts=2.0, core_watts=1.0)


def sensor(folder, **files):
    """A sensor as hwmon shows it."""
    folder.mkdir()
    for name, text in files.items():
        (folder / name).write_text(f"{text}\n")
    return folder


def test_model():
    board = ModelBoard(name="Raspberry Pi 5", idle_watts=2.5, core_watts=1.25)
    assert board.power(2.0) == PowerReading(5.0, "modelled")


def test_input_rail_of_a_jetson_is_found_and_read(tmp_path):
    sensor = tmp_path / "hwmon3"
    sensor.mkdir()
    for name, text in {
        "in1_label": "VDD_IN\n",
        "in1_input": "5000\n",
        "curr1_input": "1200\n",
        "in2_label": "VDD_CPU_GPU_CV\n",
        "in2_input": "5000\n",
        "curr2_input": "300\n",
    }.items():
        (sensor / name).write_text(text)
    rail = find_input_rail(tmp_path)
    assert rail is not None
    assert MeasuredBoard("Jetson", rail, MODEL).power(0.0) == PowerReading(6.0, "measured")


@pytest.mark.parametrize("said", [None, "", "nan", "\xff"])
def test_while_a_sensor_is_silent_power_is_modelled_and_says_so(tmp_path, said):
    folder = sensor(tmp_path / "hwmon0", in1_label="VDD_IN", in1_input=5000, curr1_input=1000)
    board = MeasuredBoard("Jetson", find_input_rail(tmp_path), MODEL)
    assert board.power(1.0) == PowerReading(5.0, "measured")
    if said is None:
        (folder / "curr1_input").unlink()
    else:
        (folder / "curr1_input").write_bytes(said.encode("latin-1"))
    assert board.power(1.0) == PowerReading(3.0, "modelled")
    assert board.silent == 1
    (folder / "curr1_input").write_text("2000\n")
    assert board.power(1.0) == PowerReading(10.0, "measured")


def test_the_rails_of_an_agx_orin_are_not_the_board_s_input(tmp_path):
    """As its device tree names them: none of them carries all that the module takes."""
    labels = {"in1_label": "VDD_GPU_SOC", "in2_label": "VDD_CPU_CV", "in3_label": "VIN_SYS_5V0"}
    sensor(tmp_path / "hwmon3", **labels, in3_input=5000, curr3_input=900)
    assert find_input_rail(tmp_path) is None


def test_a_label_that_cannot_be_read_hides_no_other(tmp_path):
    (tmp_path / "hwmon0" / "in1_label").mkdir(parents=True)
    sensor(tmp_path / "hwmon1", in1_label="VDD_IN", in1_input=5000, curr1_input=1000)
    assert find_input_rail(tmp_path).watts() == 5.0


def test_board_without_rail(tmp_path):
    assert find_input_rail(tmp_path) is None


def test_this_machine_has_a_name():
    assert board_name()
