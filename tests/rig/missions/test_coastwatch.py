"""Which products are a run's answers; the run itself is in tests/skyrack/commands/rig/test_demo.py."""

from types import SimpleNamespace

from ground.records import EventRecord, FileRecord, SampleRecord
from hal.sim.clock import VirtualClock
from rig.missions.coastwatch import answers_in, files_made
from rig.operator import Operation


def status(number: int, capture_ns: int, state: str = "delivered") -> SampleRecord:
    values = {"name": f"{number}-coast.product", "state": state, "capture": capture_ns}
    return SampleRecord(report="ProductStatus", time_ns=0, received_ns=0, values=values, units={})


def file(number: int) -> FileRecord:
    name = f"{number}-coast.product"
    return FileRecord(name=name, size_octets=1, transaction="1", begun_ns=1, received_ns=9)


def test_what_an_earlier_run_left_behind_is_no_answer():
    client = SimpleNamespace(subscribe=lambda *topics: None)
    run = Operation(None, client, VirtualClock(), None)
    run.samples = [status(1, 90), status(2, 110, "sending"), status(2, 110)]
    run.files = [file(1), file(2)]
    assert list(answers_in(run, "*-coast.product", 100)) == [(file(2), status(2, 110))]
    assert list(answers_in(run, "*-desert.product", 100)) == []
    assert list(answers_in(run, "*-coast.product", 111)) == []


def test_each_file_of_a_capture_is_an_answer_once():
    """The node reported only one of them, and that one twice."""
    run = Operation(None, SimpleNamespace(subscribe=lambda *topics: None), VirtualClock(), None)
    alert = FileRecord(name="2-coast.alert", size_octets=1, transaction="1", begun_ns=5, received_ns=7)
    run.files = [alert, file(2)]
    assert list(answers_in(run, "*-coast*", 100)) == []
    run.samples = [status(2, 110), status(2, 110)]
    (first, told), second = answers_in(run, "*-coast*", 100)
    assert (first, told.values["first_pdu"], told.values["capture"]) == (alert, 5, 110)
    assert second == (file(2), status(2, 110))


def test_how_many_files_a_capture_gave_is_what_the_node_says():
    def ready(target: str, time_ns: int, files: int) -> EventRecord:
        values = {"target": target, "files": files}
        return EventRecord(
            origin="node", severity="info", name="ProductReady", message="", time_ns=time_ns, received_ns=0, count=0,
            values=values,
        )  # fmt: skip

    run = Operation(None, SimpleNamespace(subscribe=lambda *topics: None), VirtualClock(), None)
    run.events = [ready("coast", 90, 1), ready("desert", 110, 2), ready("coast", 120, 0)]
    assert files_made(run, "coast", 100) == 0
    assert files_made(run, "desert", 100) == 2
    assert files_made(run, "moon", 100) is None
