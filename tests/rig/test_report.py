"""The figures of a run: parts that add up to the whole, and words that say what is wrong."""

import pytest

from ground.records import CommandRecord, FileRecord, LinkRecord, SampleRecord
from rig.report import answer_of, report_lines, run_report

S = 10**9
FILE = FileRecord(name="000001-coast.product", size_octets=1739, transaction="1-1", begun_ns=0, received_ns=12 * S)
TOLD = SampleRecord(
    report="ProductStatus",
    time_ns=0,
    received_ns=0,
    values={
        "raw_octets": 737088,
        "capture": 2 * S,
        "compute_start": 3 * S,
        "compute_end": 5 * S,
        "first_pdu": 9 * S,
        "joules": 0.5,
        "power_source": "modelled",
    },
)


class Told:
    link = LinkRecord(octets_received=9000, frames_received=20, frames_corrected=3, frames_lost=2)


def command(state):
    return CommandRecord(number=1, name="a.b", arguments={}, request="1", sent_ns=0, state=state)


def report(*differences):
    return report_of([answer_of("coast", FILE, TOLD, differences)])


def report_of(answers):
    return run_report(answers, [command("completed"), command("timeout")], Told())


def test_durations_add_up():
    spent = report()["capture_to_answer_s"]
    assert spent == {"compute": 2.0, "queue": 5.0, "link": 3.0, "total": 10.0}
    assert spent["total"] == pytest.approx(spent["compute"] + spent["queue"] + spent["link"])


def test_keys_are_those_that_scripts_read():
    told = report()
    assert told["product_ok"] is True
    assert told["octets"] == {"raw": 737088, "product": 1739, "frames": 9000}
    assert told["commands"] == {"sent": 2, "verified": 1}
    assert told["frames"] == {"sent": 22, "corrected": 3, "lost": 2}
    assert told["joules"] == {"value": 0.5, "source": "modelled"}


def test_a_person_reads_the_same_and_what_differs():
    text = "\n".join(report_lines(report("runs differ")))
    assert "0.500 J modelled" in text
    assert "WRONG" in text
    assert "runs differ" in text
    assert report("runs differ")["product_ok"] is False


def test_what_nobody_judged_is_said_to_be_so():
    told = report_of([answer_of("coast", FILE, TOLD, None)])
    assert told["product_ok"] is None
    assert "is not judged" in report_lines(told)[0]


def test_a_capture_that_gave_no_file_has_a_report():
    told = report_of([])
    assert (told["product_ok"], told["joules"], told["octets"]) == (None, None, {"frames": 9000})
    assert len(report_lines(told)) == 2
