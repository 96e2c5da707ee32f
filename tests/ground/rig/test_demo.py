"""Which products are a run's answers; the run itself is in tests/skyrack/test_demo.py."""

from types import SimpleNamespace

from ground.records import FileRecord, SampleRecord
from ground.rig.demo import answers_in
from ground.rig.operation import Operation
from hal.sim.clock import VirtualClock


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
