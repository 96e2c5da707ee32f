"""What failed in flight comes down with its traceback, as a file that the event names."""

from tests.fsw.test_node import World


def test_the_traceback_of_a_failure_is_a_file_that_the_ground_gets(tmp_path):
    def fail():
        raise RuntimeError("no such band")

    world = World(tmp_path)
    world.run(2)
    world.node.executive.attempt("a duty", 1, fail)
    assert world.run(5, lambda: any(one.name == "StepFailed" for one in world.station.events))
    (event,) = [one for one in world.station.events if one.name == "StepFailed"]
    path = "log/failures.log"
    assert path in event.message
    world.station.command("files.send", path=path)
    assert world.run(10, lambda: path in world.station.files.files)
    log = world.station.files.files[path].decode()
    assert "a duty\nTraceback" in log
    assert 'raise RuntimeError("no such band")' in log
