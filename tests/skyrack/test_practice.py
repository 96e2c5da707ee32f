"""What an executive does for the first time was done before, and leaves nothing behind."""

from pathlib import Path

from fsw.comms.numbers import NUMBERS_OCTETS_MAX, Reserved
from fsw.comms.request_memory import REQUESTS_OCTETS_MAX, Remembered
from fsw.devices import Devices
from fsw.jobs.inline import InlineRunner
from fsw.mission import load_mission
from fsw.store.records import Records
from hal.sim.board import ModelBoard
from hal.sim.camera import SceneCamera
from skyrack.overlay import Overlay
from skyrack.practice import practise

MISSION = load_mission(Path(__file__).parents[2] / "examples" / "missions" / "coastwatch.toml", with_stages=False)


def test_the_second_flight_has_the_memory_of_the_first_and_each_executes_its_command(tmp_path):
    ports, medium = [], Overlay()

    def devices(clock, port):
        ports.append(port)
        return Devices(
            clock=clock,
            port=port,
            bits_per_second=115_200,
            camera=SceneCamera({}, clock),
            board=ModelBoard(name="model", idle_watts=2.0, core_watts=1.0),
            runner=InlineRunner(clock, {}, duration_ns=0, waiting_max=0),
        )

    practise(MISSION, devices, tmp_path, medium)
    records = Records(tmp_path / "memory", medium)
    assert records.open("numbers", Reserved(), NUMBERS_OCTETS_MAX).value.boots == 2
    (request,) = records.open("requests", Remembered(), REQUESTS_OCTETS_MAX).value.taken
    assert request.is_over
    assert not list(tmp_path.iterdir())
    assert [port.state.losses for port in ports] == [0, 0]
