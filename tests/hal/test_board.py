"""Power is told with its source: a model, or the rails of a board as hwmon shows them."""

from hal.board import Power
from hal.linux.board import MeasuredBoard, board_name, find_input_rail
from hal.sim.board import ModelBoard


def test_model():
    board = ModelBoard(name="Raspberry Pi 5", idle_watts=2.5, core_watts=1.25)
    assert board.power(2.0) == Power(5.0, "modelled")


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
    assert MeasuredBoard("Jetson", rail).power(0.0) == Power(6.0, "measured")


def test_board_without_rail(tmp_path):
    assert find_input_rail(tmp_path) is None


def test_this_machine_has_a_name():
    assert board_name()
