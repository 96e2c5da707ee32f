"""What is recorded is read again and again: what rots on the medium is found, told once, and costs itself alone."""

import errno

import pytest

from fsw.recorder.app import Recording, RecordsDamaged
from fsw.recorder.scrub import SegmentDamage, SegmentScrub
from tests.fsw.recorded import EAGER, held, packets, recorder, setting
from tests.hal.recording_medium import RecordingMedium

S = 1_000_000_000


def made(medium=None, *, segments=3):
    """A recorder with so many segments in one store, and one segment in another."""
    one = recorder(medium, setting(octets=1 << 17), setting(2, chosen=((66, None, None),)), policy=EAGER)
    for number in range(segments * 15):
        one.accept(packets(number, size=1000), 0)
    one.accept(packets(1, apid=66), 0)
    assert [len(store.segments) for store in one.stores.values()] == [segments, 1]
    return one


def swept(scrub, steps=40, octets=1 << 16):
    return [found for _ in range(steps) for found in scrub.step(octets)]


def rot(medium, segment, at):
    octets = medium.read(segment.path)
    medium.write(segment.path, octets[:at] + bytes([octets[at] ^ 4]) + octets[at + 1 :])


@pytest.mark.requirement("FSW-REC-016")
@pytest.mark.parametrize("octets", [1 << 16, 1000])
def test_an_octet_that_rots_is_found_and_costs_one_record(octets):
    medium = RecordingMedium()
    one = made(medium)
    scrub = SegmentScrub(one)
    assert swept(scrub, 200, octets) == []
    assert scrub.passes >= 3
    before = held(one.stores[1])
    rot(medium, one.stores[1].segments[1], 5000)
    assert swept(scrub, 200, octets) == [SegmentDamage(1, 1, "its octets have changed")]
    assert len(held(one.stores[1])) == len(before) - 1


@pytest.mark.requirement("FSW-REC-016")
def test_no_step_reads_more_than_its_budget():
    read = []
    medium = RecordingMedium()
    part = medium.read_part
    medium.read_part = lambda path, offset, size: read.append(size) or part(path, offset, size)
    scrub = SegmentScrub(made(medium))
    read.clear()
    swept(scrub, 50, 1000)
    assert (max(read), len(read)) == (1000, 50)
    assert (swept(scrub, 5, 0), len(read)) == ([], 50)


def test_what_grows_is_written_anew_or_goes_meanwhile_is_no_damage():
    one = made()
    scrub = SegmentScrub(one)
    for at in range(60):
        assert swept(scrub, 1, 3000) == []
        one.accept(packets(100 + at, size=300), 0)
        if at % 20 == 10:
            one.stores[1].delete_up_to(one.stores[1].segments[0].contents.newest_ns - 5 * S, 0)
    one.stores[1].clear()
    one.delete(2)
    assert swept(scrub) == []
    assert swept(SegmentScrub(recorder())) == []


def test_segments_of_before_the_restart_are_learnt_first():
    medium = RecordingMedium()
    made(medium)
    one = recorder(medium, policy=EAGER)
    scrub = SegmentScrub(one)
    assert swept(scrub) == []
    rot(medium, one.stores[2].segments[0], 3)  # its header: no record is lost
    assert swept(scrub) == [SegmentDamage(2, 0, "its octets have changed")]


def test_one_that_cannot_be_read_is_told_once():
    def fail(call, path):
        if call in calls and path.suffix == ".segment":
            raise OSError(errno.EIO, "Input/output error")

    calls: set[str] = set()
    medium = RecordingMedium(fail)
    one = made(medium, segments=1)
    scrub = SegmentScrub(one)
    calls.add("read")
    told = SegmentDamage(1, 0, "Input/output error"), SegmentDamage(2, 0, "Input/output error")
    assert swept(scrub) == list(told)
    calls.clear()
    assert swept(scrub) == []
    calls.add("read")
    assert swept(scrub) == list(told)


def test_one_that_changed_and_cannot_be_read_then_is_told_so():
    medium = RecordingMedium()
    one = made(medium, segments=1)
    rot(medium, one.stores[1].segments[0], 500)
    read = medium.read

    def fail(path):
        raise OSError(errno.EIO, "Input/output error")

    medium.read_part = lambda path, offset, size: read(path)[offset : offset + size]
    medium.read = fail
    assert swept(SegmentScrub(one)) == [SegmentDamage(1, 0, "Input/output error")]


def test_the_app_tells_of_it_every_ten_seconds():
    medium = RecordingMedium()
    app = Recording(made(medium), int)
    for second in range(0, 60, 10):
        list(app.step(second * S))
    rot(medium, app.recorder.stores[1].segments[0], 5000)
    told = [one for second in range(60, 120, 10) for one in app.step(second * S) if isinstance(one, RecordsDamaged)]
    assert told == [RecordsDamaged(store=1, records=1, reason="its octets have changed")]
