"""The whole node, telecommand in to product out, in virtual time over a cable that loses what it is told to lose."""

from pathlib import Path
from random import Random

import pytest

from fsw.apps.imaging import _NAME_OCTETS_MAX
from fsw.assembly import build_node
from fsw.devices import Devices
from fsw.jobs.inline import InlineRunner
from fsw.mission import _DATA_OCTETS_MIN, load_mission
from fsw.pipelines.run import run as pipeline
from fsw.store.products import Provenance
from ground.commands.tracker import RequestProgress
from hal.medium import HOST
from hal.port import PortClosed
from hal.scene_file import Scene
from hal.sim.board import ModelBoard
from hal.sim.cable import CableDirection, cable
from hal.sim.camera import SceneCamera
from hal.sim.clock import EPOCH_UTC_NS, VirtualClock
from kernels.imaging.georeference import Georeference
from link.cfdp import Entity, MemoryStore, Settings
from link.packets.space_packet import HEADER_SIZE, SpacePacket
from link.products.product import Product
from link.pus.services.functions import PerformFunction
from link.pus.services.test import Ping, Pong
from tests.fsw.ground import Station

COASTWATCH = Path(__file__).parents[2] / "examples" / "missions" / "coastwatch.toml"
MISSION = load_mission(COASTWATCH)
PROVENANCE = Provenance(
    target="coast",
    raw_octets=1,
    input_sha256="00" * 32,
    capture_utc_ns=1,
    compute_start_utc_ns=2,
    compute_end_utc_ns=3,
    joules=0.5,
    joules_source="modelled",
)
SECOND, MS = 1_000_000_000, 1_000_000
COMPUTE_MS = 40
BOARD = ModelBoard(name="model", idle_watts=2.0, core_watts=1.0)
STATION_NS = 20 * MS  # between two steps of the station, at least
TOGETHER_NS = 2 * MS
NEVER = 1 << 62


class World:
    """A node, a cable and a station on one virtual clock; `folder` is what survives the node."""

    def __init__(
        self,
        folder,
        *,
        noise=0.0,
        seed=1,
        bits_per_second=115_200,
        mission=None,
        medium=HOST,
        board=BOARD,
        utc_ns=EPOCH_UTC_NS,
        areas=(),
        **more,
    ):
        self.board, self.areas, self.more = board, areas, more
        self.mission, self.medium = load_mission(mission) if mission else MISSION, medium
        self.folder, self.bits_per_second, self.noise, self.seed = folder, bits_per_second, noise, seed
        self.clock, self.random = VirtualClock(utc_ns=utc_ns), Random(f"{seed}/node")
        self.up, self.down = self.channel("up"), self.channel("down")
        ground_end, self.node_end = cable(self.clock, self.up, self.down)
        self.station = Station(mission or COASTWATCH, self.clock, ground_end)
        self.boot()

    def channel(self, name):
        return CableDirection(
            bits_per_second=self.bits_per_second, noise=self.noise, random=Random(f"{self.seed}/{name}")
        )

    def boot(self, *, safe=False, **more):
        scenes = {
            scene.target: Scene(
                path=scene.file,
                georeference=Georeference(
                    epsg=scene.epsg, easting_m=scene.easting_m, northing_m=scene.northing_m, pixel_m=scene.pixel_m
                ),
            )
            for scene in self.mission.scene
        }
        devices = Devices(
            clock=self.clock,
            port=self.node_end,
            bits_per_second=self.bits_per_second,
            camera=SceneCamera(scenes, self.clock),
            board=self.board,
            runner=InlineRunner(self.clock, {"stages": pipeline}, duration_ns=COMPUTE_MS * MS, waiting_max=4),
            medium=self.medium,
            random=self.random,
            areas=self.areas,
            **self.more,
            **more,
        )
        self.node = self.build(devices, safe=safe)

    def build(self, devices, *, safe=False):
        return build_node(self.mission, devices, self.folder, safe=safe)

    def run(self, seconds, until=lambda: False):
        """Let time pass until `until` holds; whether it did. Both ends are stepped only when they ask to be."""
        end_ns = self.clock.monotonic_ns() + int(seconds * SECOND)
        wake_ns = rests_ns = self.clock.monotonic_ns()
        if until():
            return True
        while (now_ns := self.clock.monotonic_ns()) < end_ns:
            if now_ns >= min(wake_ns, arrival_ns(self.node_end)):
                self.node.step()
                wake_ns = self.node.next_wake_ns
            if now_ns >= max(rests_ns, self._station_ns):
                self.station.step()
                rests_ns = now_ns + STATION_NS
            if until():
                return True
            station_ns = max(rests_ns, self._station_ns)
            self.clock.wait(min(end_ns, wake_ns, arrival_ns(self.node_end), station_ns))
        return until()

    @property
    def _station_ns(self):
        return min(self.station.due_ns, arrival_ns(self.station.port))


def arrival_ns(port):
    """When what is on the way is handed over; a driver lets some octets come together."""
    first_ns = port.next_arrival_ns()
    return NEVER if first_ns is None else first_ns + TOGETHER_NS


@pytest.mark.requirement("FSW-FIL-001")
def test_a_command_becomes_a_product_on_the_ground(tmp_path):
    world = World(tmp_path)
    station = world.station
    world.run(2)
    tracked = station.command("imaging.capture", target="coast")
    assert world.run(10, lambda: station.files.files and tracked.is_over)
    assert tracked.progress is RequestProgress.COMPLETED
    assert tracked.stages == ["accepted", "started", "completed"]
    (name,) = station.files.files
    product = Product.decode(station.files.files[name])
    assert (name, product.id, product.target) == ("000001-coast.product", 1, "coast")
    assert product.water.georeference.epsg == 31985
    assert world.run(5, lambda: station.events[-1].name == "ProductDelivered")
    assert world.node.files.store.waiting() == []
    assert [event.name for event in station.events] == ["NodeStarted", "ProductReady", "ProductDelivered"]


def test_a_kernel_that_fails_its_self_test_is_reported(tmp_path, monkeypatch):
    monkeypatch.setattr("kernels.selftest.self_test", lambda family: family != "lee")
    world = World(tmp_path)
    assert world.run(5, lambda: len(world.station.events) == 2)
    assert world.station.events[-1].name == "KernelsFailed"
    assert world.station.events[-1].values == {"families": "lee"}


def test_the_ground_can_split_capture_to_answer(tmp_path):
    world = World(tmp_path)
    station = world.station
    world.run(1)
    station.command("imaging.capture", target="coast")
    world.run(10, lambda: any(status["state"] == "delivered" for status in station.named("ProductStatus")))
    last = station.named("ProductStatus")[-1]
    assert last["capture"] <= last["compute_start"] < last["compute_end"] <= last["first_pdu"]
    assert last["compute_end"] - last["compute_start"] == pytest.approx(COMPUTE_MS * MS, abs=100)
    assert last["first_pdu"] - last["compute_end"] < 100 * MS
    assert (last["octets"], last["raw_octets"]) == (len(station.files.files[last["name"]]), 737_088)
    assert (last["joules"], last["power_source"]) == (pytest.approx(3.0 * COMPUTE_MS / 1000), "modelled")
    assert len(last["input_sha256"]) == 32


def test_the_desert_says_so_in_a_few_octets(tmp_path):
    world = World(tmp_path)
    world.station.command("imaging.capture", target="desert")
    assert world.run(10, lambda: world.station.files.files)
    (octets,) = world.station.files.files.values()
    assert Product.decode(octets).water is None


def test_housekeeping_flows_once_a_second_all_the_while(tmp_path):
    world = World(tmp_path, bits_per_second=9600)
    for _ in range(3):
        world.station.command("imaging.capture", target="coast")
    world.run(40)
    uptimes = [status["uptime_s"] for status in world.station.named("NodeStatus")]
    assert uptimes == list(range(len(uptimes)))
    assert len(uptimes) >= 38
    assert len(world.station.files.files) == 3
    last = world.station.named("NodeStatus")[-1]
    assert last["dictionary"].hex() == world.station.dictionary.version
    assert (last["ticks_missed"], last["failures"], last["reports_dropped"]) == (0, 0, 0)
    assert (last["power_w"], last["power_source"]) == (2.0, "modelled")
    assert last["commands_accepted"] >= 3  # and the acknowledgements of what was received
    assert last["energy_j"] == pytest.approx(2.0 * last["uptime_s"] + 3 * COMPUTE_MS / 1000, rel=1e-3)


@pytest.mark.requirement("FSW-LNK-008")
def test_a_large_product_keeps_the_wire_busy(tmp_path):
    """100 000 octets take the time that their frames need on the wire, and 5 % more for everything else."""
    world = World(tmp_path)
    world.run(2)
    store, content = world.node.files.store, Random(5).randbytes(100_000)
    begin_ns = world.clock.monotonic_ns()
    store.add(store.allot_id(), "large.product", content, PROVENANCE)
    assert world.run(60, lambda: world.station.files.files)
    frames = len(content) / (MISSION.managed.tm_data_octets - 6 - 20)
    needed_s = frames * world.node.telecom.downlink.unit_ns / SECOND
    assert world.station.files.files["large.product"] == content
    assert (world.clock.monotonic_ns() - begin_ns) / SECOND < 1.05 * needed_s + 1
    uptimes = [status["uptime_s"] for status in world.station.named("NodeStatus")]
    assert uptimes == list(range(len(uptimes)))


@pytest.mark.requirement("FSW-CMD-001")
def test_every_request_is_answered(tmp_path):
    world = World(tmp_path)
    station = world.station
    requests = {
        "ping": station.request(Ping(), "ping"),
        "unknown": station.request(PerformFunction(function=999, arguments=b""), "unknown"),
        "moon": station.command("imaging.capture", target="moon"),
    }
    assert world.run(5, lambda: all(tracked.is_over for tracked in requests.values()))
    assert Pong() in station.reports
    assert requests["ping"].progress is RequestProgress.COMPLETED
    assert requests["unknown"].reason == "unknown_function: function 999"
    assert requests["moon"].reason == "not_now: no target 'moon' in sight; known: coast, desert"


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.requirement("FSW-FIL-002")
def test_noise_and_a_cut_delay_the_product_and_change_nothing(tmp_path, seed):
    quiet, storm = World(tmp_path / "quiet"), World(tmp_path / "storm", noise=1e-5, seed=seed)
    for world in (quiet, storm):
        world.run(1)
        tracked = world.station.command("imaging.capture", target="coast")
    storm.run(1, lambda: storm.node.files.store.waiting())
    for channel in (storm.up, storm.down):
        channel.cut(storm.clock.monotonic_ns() + 5 * SECOND)
    assert quiet.run(10, lambda: quiet.station.files.files)
    assert storm.run(60, lambda: storm.station.files.files)
    assert storm.station.files.files == quiet.station.files.files
    assert storm.clock.monotonic_ns() > quiet.clock.monotonic_ns()
    assert storm.run(60, lambda: tracked.is_over and not storm.node.files.store.waiting())
    assert tracked.progress is RequestProgress.COMPLETED


def test_a_line_on_the_brink_delays_everything_and_loses_no_product(tmp_path):
    """Five bits of a thousand are wrong: Reed-Solomon and BCH work near their limit."""
    world = World(tmp_path, noise=5e-3)
    for _ in range(3):
        world.station.command("imaging.capture", target="coast")
    assert world.run(120, lambda: len(world.station.files.files) == 3 and not world.node.files.store.waiting())
    assert len(set(map(len, world.station.files.files.values()))) == 1
    assert world.station.real.status(world.station.now).link.symbols_corrected > 300


def test_the_same_seed_gives_the_same_run(tmp_path):
    def history(folder):
        world = World(folder, noise=1e-4, seed=7)
        world.station.command("imaging.capture", target="coast")
        world.run(20)
        return world.down.carried, world.down.flipped_bits, world.station.samples, world.station.files.files

    assert history(tmp_path / "one") == history(tmp_path / "two")


@pytest.mark.requirement("FSW-FIL-002")
def test_a_product_survives_an_unplugged_port_and_a_restart(tmp_path):
    world = World(tmp_path)
    world.station.command("imaging.capture", target="coast")
    assert world.run(5, lambda: world.node.files.store.waiting())
    world.node_end.close()
    with pytest.raises(PortClosed):
        world.run(1)
    ground_end, world.node_end = cable(world.clock, world.channel("up"), world.channel("down"))
    world.station.port = ground_end
    world.boot()
    assert world.run(20, lambda: world.station.files.files)
    assert world.run(5, lambda: world.station.named("NodeStatus")[-1]["boots"] == 2)
    assert world.station.named("NodeStatus")[-1]["commands_accepted"] == 0  # nobody had to ask again


@pytest.mark.requirement("FSW-LNK-003")
def test_garbage_on_the_line_is_counted(tmp_path):
    world = World(tmp_path)
    world.station.port.write(bytes(range(256)) * 4)
    world.run(3)
    last = world.station.named("NodeStatus")[-1]
    assert last["tc_octets_skipped"] + last["tc_frames_rejected"] > 900
    assert world.station.request(Ping(), "ping")
    assert world.run(3, lambda: Pong() in world.station.reports)


@pytest.mark.requirement("FSW-CMD-004")
def test_a_request_for_nobody_is_told_so(tmp_path):
    world = World(tmp_path)
    world.station.real._source.apid = 99
    tracked = world.station.request(Ping(), "ping")
    assert world.run(3, lambda: tracked.is_over)
    assert tracked.reason == "illegal_apid: APID 99, expected 65 or 2045"


def test_the_longest_name_fits_the_smallest_frames_that_a_mission_may_have():
    number = 1 << 32
    entity = Entity(1, MemoryStore(**{str(number): b"x"}), Settings(pdu_octets_max=_DATA_OCTETS_MIN - HEADER_SIZE))
    entity.put(str(number), "x" * _NAME_OCTETS_MAX, 2)
    assert entity.pop_pdu(0)


@pytest.mark.parametrize("octets", [228, 255, 256, 300])
def test_a_product_that_cannot_be_sent_fails_alone(tmp_path, octets):
    world = World(tmp_path)
    world.run(2)
    store = world.node.files.store
    long = store.add(store.allot_id(), "s" * octets, b"y" * 100, PROVENANCE, priority=9)
    fine = store.add(store.allot_id(), "fine.product", b"y" * 100, PROVENANCE)
    assert world.run(10, lambda: not store.waiting())
    assert world.station.files.files.keys() == {fine.name} | ({long.name} if octets <= 255 else set())
    for _ in range(2):
        told = len(world.station.named("NodeStatus"))
        world.run(10)
        assert len(world.station.named("NodeStatus")) >= told + 9
        assert world.node.executive.failures == 0
        world.boot()
    status = world.station.named("FilesStatus")[0]
    assert (status["products_damaged"], status["disk_failures"]) == (0, 0)
    aside = [event.values["product"] for event in world.station.events if event.name == "ProductSetAside"]
    assert set(aside) == ({long.id} if octets > 255 else set())


def test_files_that_others_send_change_nothing_while_the_uplink_is_dead(tmp_path):
    world = World(tmp_path)
    world.run(2)
    said = world.station.dictionary.files
    stranger = Entity(said.ground_entity, MemoryStore(f=b"x"), first_sequence=500, transactions_max=200)
    for _ in range(80):
        stranger.put("f", "f", said.node_entity)
    while pdu := stranger.pop_pdu(0):
        world.node.files.accept(SpacePacket(said.apid, 0, pdu, is_command=True).encode())
    world.up.cut(world.clock.monotonic_ns() + 8 * SECOND)
    store = world.node.files.store
    store.add(store.allot_id(), "one.product", b"y" * 100, PROVENANCE)
    assert world.run(5, lambda: "one.product" in world.station.files.files)
    told = len(world.station.named("NodeStatus"))
    world.run(5)
    assert len(world.station.named("NodeStatus")) >= told + 4
    assert world.station.named("FilesStatus")[-1]["pdus_refused"] > 100
    assert world.node.executive.failures == 0
    assert world.node.next_wake_ns > world.clock.monotonic_ns() - SECOND // 20
    assert world.run(10, lambda: not store.waiting())


def test_a_board_that_lost_its_state_delivers_at_once(tmp_path):
    """Its transactions have other numbers than those that the ground remembers."""
    world = World(tmp_path / "first")
    world.run(1)
    for folder in ("first", "flashed", "flashed anew"):
        world.folder = tmp_path / folder
        world.boot()
        store = world.node.files.store
        store.add(store.allot_id(), folder, folder.encode(), PROVENANCE)
        assert world.run(10, lambda store=store: not store.waiting())
        assert world.station.files.files[folder] == folder.encode()
    assert world.node.files.transfers_failed == 0


@pytest.mark.requirement("FSW-RES-011")
def test_what_lies_in_the_state_folder_is_left_alone(tmp_path):
    products = tmp_path / "products"
    (products / "lost+found").mkdir(parents=True)
    (products / "README.txt").write_text("note")
    world = World(tmp_path)
    world.station.command("imaging.capture", target="coast")
    assert world.run(10, lambda: world.station.files.files)
    world.boot()
    world.run(2)
    assert ((products / "README.txt").read_text(), (products / "lost+found").is_dir()) == ("note", True)


@pytest.mark.requirement("FSW-RES-004")
def test_a_node_without_a_disk_flies_and_says_so(tmp_path):
    (tmp_path / "products").write_text("somebody's file")
    world = World(tmp_path)
    tracked = world.station.command("imaging.capture", target="coast")
    assert world.run(10, lambda: tracked.is_over and len(world.station.named("NodeStatus")) > 3)
    assert tracked.reason == "execution_failed: the store cannot be read: Not a directory"
    assert [event.values for event in world.station.events if event.name == "StoreTrouble"] == [
        {"reason": "Not a directory"}
    ]
    assert (world.node.executive.failures, (tmp_path / "products").read_text()) == (0, "somebody's file")


@pytest.mark.parametrize("year", [1900, 1957, 1970, 2093, 2094, 2107, 2500])
def test_a_node_whose_clock_is_wrong_is_heard_and_obeys(tmp_path, year):
    world = World(tmp_path, utc_ns=round((year - 1970) * 365.25 * 86_400) * SECOND)
    world.run(2)
    tracked = world.station.command("imaging.capture", target="coast")
    assert world.run(20, lambda: tracked.is_over and world.station.files.files)
    assert tracked.progress is RequestProgress.COMPLETED
    assert len(world.station.named("NodeStatus")) >= 2


def test_nobody_waits_for_jobs_where_the_mode_steps_nobody_who_asks_for_them(tmp_path):
    """Else the end of a job would wake the loop again and again."""
    world = World(tmp_path)
    world.run(1)
    assert world.node.imaging.runner in world.node.waits_for
    world.node.executive.allow(lambda name: name != "imaging")
    world.run(2)
    assert list(world.node.waits_for) == [world.node.telecom.port]
