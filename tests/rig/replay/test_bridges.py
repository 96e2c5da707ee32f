"""What came over a bridge is an input of the node, and replayed as any other."""

from fsw.bridge.app import bridged
from fsw.bridge.topics import topics_in
from fsw.executive.bus import Bus
from fsw.own.loading import own_apps
from hal.sim.cable import cable
from tests.fsw.bridge.test_nodes import channel, mission_file
from tests.rig.replay.test_replay import RecordedWorld, check_replays


class BridgedWorld(RecordedWorld):
    """A world whose node has a bridge to another one, of which only the bridge is there."""

    def boot(self, **more):
        ours, theirs = cable(self.clock, channel(), channel())
        (own,) = own_apps(self.mission.apps, ())
        self.heat, self.bus = topics_in(own.modules)["Heat"], Bus()
        self.other = bridged("other", theirs, 5, self.bus, [self.heat], [self.heat])
        super().boot(bridges={"there": ours}, **more)


def test_a_bridge_is_replayed(tmp_path):
    world = BridgedWorld(tmp_path, mission=mission_file(tmp_path, "there"))
    for degc in range(4):
        world.run(1)
        world.bus.publish(world.heat(heat_degc=degc))
        world.other.transmit()
    world.run(8)
    assert len(list(world.other.receive())) > 5
    replay = check_replays(world, apps=world.mission.apps)
    assert replay.status["BridgeStatus"].received == 4
