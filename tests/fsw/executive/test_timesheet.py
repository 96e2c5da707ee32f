"""Time is held by whoever ran, as much of it as was asked about."""

from fsw.executive.timesheet import HOST_CULPRIT, Timesheet


def hold(made, name, start_ns, end_ns):
    made.end(name, start_ns, end_ns, "")


def sheet(**spans):
    made = Timesheet()
    for name, (start_ns, end_ns) in spans.items():
        hold(made, name, start_ns, end_ns)
    return made


def test_only_the_time_since_counts():
    assert sheet(early=(0, 100), late=(100, 120)).culprit(90, 120) == "late"
    assert sheet(early=(0, 100), late=(100, 120)).culprit(0, 120) == "early"


def test_what_was_forgotten_is_named_no_more():
    made = sheet(early=(0, 100))
    made.forget(99)
    assert made.culprit(0, 100) == "early"
    made.forget(100)
    assert made.culprit(0, 100) == HOST_CULPRIT


def test_nobody_asks_about_what_ends_before_the_next_tick():
    made = Timesheet()
    made.forget(100)
    hold(made, "early", 0, 100)
    assert made.culprit(0, 100) == HOST_CULPRIT
    hold(made, "late", 100, 101)
    assert made.culprit(100, 101) == "late"
