"""The supervisor's decisions in virtual time, over processes that do what a test wants."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsw.supervisor.messages import BoardError, Chosen, Start
from fsw.supervisor.supervisor import Who
from kernels.usage import UsageError
from tests.examples import examples
from tests.fsw.supervisor.table import EXECUTIVE, JOBS, STANDBY, WARM, S, Table


def test_the_first_executive_waits_until_all_was_found_good():
    table = Table()
    table.step()
    assert table.done == [("start", WARM), ("start", JOBS)]
    table.supervisor.ready(WARM)
    assert table.step().starts == []
    table.supervisor.ready(JOBS)
    (start,) = table.step().starts
    assert (start.incarnation, start.cause, start.counts, start.is_safe) == (1, "", {}, False)


@pytest.mark.requirement("FSW-SUP-001")
def test_one_that_ended_is_started_again_at_once_and_told_why():
    table = Table().loaded().flying(3)
    table.fails()
    assert table.starts[1:] == [Start(2, "SIGSEGV", {"SIGSEGV": 1}, is_safe=False)]
    table.fails("exception")  # before it flew: nobody noted the first cause yet
    assert table.starts[2:] == [Start(3, "exception", {"SIGSEGV": 1, "exception": 1}, is_safe=False)]
    table.flying(1).fails()
    assert table.starts[3].counts == {"SIGSEGV": 1}


@pytest.mark.requirement("FSW-SUP-002")
def test_silence_is_a_hang():
    table = Table(silence_s=10).loaded().flying(2)
    table.step(9.9)
    assert ("kill", EXECUTIVE) not in table.done
    table.step(1.2)  # it had nothing to do for a second
    assert table.done[-1] == ("kill", EXECUTIVE)
    table.fails("SIGKILL")
    assert table.starts[-1].cause == "hang"
    table.flying(1).fails("SIGKILL")
    assert table.starts[-1].cause == "SIGKILL"


def test_a_long_rest_is_no_silence_and_one_without_end_is():
    table = Table(silence_s=10).loaded().flying()
    table.supervisor.beats(table.now_ns, table.now_ns + 10 * S)
    table.step(19)
    assert ("kill", EXECUTIVE) not in table.done
    table.supervisor.beats(table.now_ns, 1 << 62)
    assert table.step(21).done[-1] == ("kill", EXECUTIVE)


def test_a_hang_at_the_start_is_one_too():
    table = Table(starting_s=30).loaded()
    table.step(31).fails("SIGKILL")
    assert table.starts[-1].cause == "hang"


def test_what_was_not_killed_is_killed_again():
    table = Table(silence_s=10).loaded().flying().step(31)
    assert table.done.count(("kill", EXECUTIVE)) == 3


@pytest.mark.requirement("FSW-SUP-003")
def test_where_the_whole_machine_was_paused_nobody_was_silent():
    table = Table(silence_s=10).loaded().flying(3)
    table.now_ns += 3600 * S
    table.supervisor.step(table.now_ns)
    assert ("kill", EXECUTIVE) not in table.done
    table.flying(2)
    assert table.step(11.5).done[-1] == ("kill", EXECUTIVE)


@pytest.mark.requirement("FSW-SUP-004")
def test_failures_lead_to_safe_mode_to_a_reset_and_to_beacons():
    table = Table(reset_s=60).loaded()
    for _ in range(4):
        table.flying(1).fails()
    assert [start.is_safe for start in table.starts] == [False, False, False, True]
    assert table.done[-1] == ("reset", "SIGSEGV")
    assert not table.supervisor.is_healthy(table.now_ns + 60 * S)
    assert len(table.step(59).starts) == 4
    assert len(table.step(2).starts) == 5  # the reset did not come
    reset_ns = table.now_ns
    table.fails()
    assert table.done.count(("reset", "SIGSEGV")) == 1
    assert table.supervisor.is_healthy(table.now_ns + 3600 * S)
    assert len(table.step(9).starts) == 5
    assert len(table.step(2).starts) == 6
    table.fails().step(19.9)
    assert (len(table.starts), table.starts[-1].is_safe) == (6, True)
    assert [second for second, *_ in table.beacons][:2] == [reset_ns // S, reset_ns // S + 11]
    assert table.beacons[-1][1:] == ("SIGSEGV", 6)


def test_without_a_way_to_reset_it_is_tried_on_with_growing_patience():
    table = Table(why_no_reset="nobody knows how").loaded()
    for _ in range(4):
        table.fails()
    assert "the board is not reset: nobody knows how" in table.said
    table.step(3600)
    starts = len(table.starts)
    for _ in range(20):
        table.fails().step(600)
    assert len(table.starts) == starts + 20
    assert len(table.beacons) > 200
    assert "it is started again in 600 s, and a beacon is sent" in table.said[-1]


def test_a_long_flight_is_a_new_beginning():
    table = Table(why_no_reset="no").loaded()
    for _ in range(4):
        table.fails()
    table.step(11).flying(101).fails()
    assert [start.is_safe for start in table.starts[-2:]] == [True, False]


@pytest.mark.requirement("FSW-SUP-007")
def test_a_commanded_restart_costs_nothing():
    table = Table().loaded()
    for _ in range(50):
        table.flying(1).fails("commanded")
    assert [start.is_safe for start in table.starts] == [False] * 51


def test_a_node_that_asks_for_a_reset_waits_for_it_and_flies_on_where_none_comes():
    table = Table(reset_s=60).loaded().flying(1).fails("reset asked")
    assert table.done[-1] == ("reset", "reset asked")
    assert table.said[-1] == "the executive ended (reset asked); a reset of the board is asked for"
    assert len(table.step(59).starts) == 1
    assert table.step(2).starts[1:] == [Start(2, "reset asked", {"reset asked": 1}, is_safe=False)]


def test_a_node_that_asks_for_a_reset_that_cannot_be_had_is_started_again_at_once():
    table = Table(why_no_reset="3 resets did not help").loaded()
    for _ in range(50):
        table.flying(1).fails("reset asked")
    assert [start.is_safe for start in table.starts] == [False] * 51
    assert table.said[-2:] == [
        "the board is not reset: 3 resets did not help",
        "the executive ended (reset asked); it is started again",
    ]


def test_who_is_commanded_to_restart_after_a_reset_in_vain_asks_for_no_further_one():
    table = Table(reset_s=60).loaded()
    for _ in range(4):
        table.flying(1).fails()
    table.step(61).flying(1).fails("commanded")
    assert [what for what, _ in table.done].count("reset") == 1
    assert len(table.starts) == 6


def test_the_warm_process_is_started_again_while_the_executive_flies_on():
    table = Table().loaded().flying(2)
    table.supervisor.ended(WARM, "SIGKILL", table.now_ns)
    table.step()
    assert (table.done[-1], len(table.starts)) == (("start", WARM), 1)
    table.supervisor.ended(WARM, "SIGKILL", table.now_ns)
    table.flying(0.5).step(0.9)
    assert table.done.count(("start", WARM)) == 2
    assert table.step(0.2).done.count(("start", WARM)) == 3
    table.fails()
    assert len(table.starts) == 1
    table.supervisor.ready(WARM)
    assert len(table.step().starts) == 2


def test_who_loads_for_ever_is_ended():
    table = Table(loading_s=20).loaded().flying()
    table.supervisor.ended(JOBS, "SIGKILL", table.now_ns)
    table.flying(19)
    assert table.done[-1] == ("start", JOBS)
    table.flying(2)
    assert table.done[-1] == ("kill", JOBS)


def test_an_order_that_cannot_be_given_is_a_failure_and_the_warm_process_ends():
    table = Table().loaded().flying()
    table.refusing.add(EXECUTIVE)
    table.fails()
    assert table.done[-1] == ("kill", WARM)
    assert table.starts[-1].incarnation == 2
    table.refusing.clear()
    table.supervisor.ended(WARM, "SIGKILL", table.now_ns)
    table.step(2)
    table.supervisor.ready(WARM)
    assert table.step().starts[-1].cause == "refused"


def test_without_memory_for_a_process_it_is_tried_later():
    table = Table().loaded().flying()
    table.refusing.add(JOBS)
    table.supervisor.ended(JOBS, "SIGKILL", table.now_ns)
    table.flying(30)
    assert 3 < table.done.count(("start", JOBS)) < 10
    assert not table.supervisor.is_over


@pytest.mark.parametrize("who", Who)
def test_a_mistake_at_the_beginning_ends_the_node_with_it(who):
    table, error = Table(), UsageError("mission.toml: no such file")
    if who is EXECUTIVE:
        table.loaded()
    else:
        table.step()
    table.supervisor.refused(who, error)
    table.supervisor.ended(who, "ended", table.now_ns)
    assert table.supervisor.is_over
    assert table.supervisor.refusal is error


def test_a_mistake_later_is_told():
    table = Table().loaded().flying()
    table.supervisor.refused(WARM, UsageError("mission.toml: no such file"))
    assert table.said == ["the warm process cannot begin: mission.toml: no such file"]
    assert not table.supervisor.is_over


def test_a_helper_that_cannot_even_say_why_ends_the_node_at_the_beginning():
    table = Table().step()
    table.supervisor.ended(WARM, "SIGSEGV", table.now_ns)
    assert isinstance(table.supervisor.refusal, BoardError)
    assert str(table.supervisor.refusal) == "the warm process ended before it was ready (SIGSEGV)"


def test_a_guardian_that_does_not_answer_is_ended():
    table = Table().loaded().flying()
    table.supervisor.complains(JOBS)
    assert table.done[-1] == ("kill", JOBS)


def test_it_ends_in_order():
    table = Table(ending_s=10).loaded().flying(2)
    table.supervisor.end(table.now_ns)
    table.supervisor.end(table.now_ns)
    assert table.done[-1] == ("ask", EXECUTIVE)
    table.supervisor.beats(table.now_ns, table.now_ns)
    table.step(9)
    assert table.done[-1] == ("ask", EXECUTIVE)
    assert table.step(2).done[-1] == ("kill", EXECUTIVE)
    table.supervisor.ended(JOBS, "ended", table.now_ns)
    assert not table.supervisor.is_over
    table.supervisor.ended(EXECUTIVE, "SIGKILL", table.now_ns)
    assert (table.supervisor.is_over, len(table.starts)) == (True, 1)


def test_without_an_executive_it_ends_at_once():
    table = Table().step()
    table.supervisor.end(table.now_ns)
    assert table.supervisor.is_over


@pytest.mark.requirement("FSW-SUP-012")
def test_health_begins_with_patience_and_lasts_as_long_as_a_restart_may_help():
    table = Table(silence_s=10, loading_s=120, starting_s=30).step()
    assert table.supervisor.is_healthy(table.now_ns + 149 * S)
    table.loaded().flying(2)
    assert table.supervisor.is_healthy(table.now_ns + 20 * S)
    assert not table.supervisor.is_healthy(table.now_ns + 22 * S)


EVENTS = st.sampled_from(["fails", "flies", "warm ends", "jobs end", "warm ready", "jobs ready", "second", "hour"])


@examples(200)
@given(st.lists(EVENTS, max_size=60))
@pytest.mark.requirement("FSW-SUP-005")
def test_whatever_happens_there_is_one_executive_and_no_storm(events):
    """An executive is only ordered while there is none and the warm process is ready; each has one end."""
    table = Table(why_no_reset="no").loaded()
    is_alive, is_warm, orders = True, True, 1
    for event in events:
        supervisor = table.supervisor
        if event == "fails" and is_alive:
            is_alive = False
            supervisor.ended(EXECUTIVE, "SIGSEGV", table.now_ns)
        elif event == "flies" and is_alive:
            supervisor.flies(table.now_ns)
        elif event in ("warm ends", "jobs end") and supervisor._helpers[who_of(event)].is_alive:
            supervisor.ended(who_of(event), "SIGKILL", table.now_ns)
            is_warm = is_warm and event != "warm ends"
        elif event in ("warm ready", "jobs ready") and supervisor._helpers[who_of(event)].is_alive:
            supervisor.ready(who_of(event))
            is_warm = is_warm or event == "warm ready"
        before = len(table.starts)
        table.step({"second": 1, "hour": 3600}.get(event, 0))
        if supervisor.is_over:
            assert supervisor.refusal
            return
        assert len(table.starts) - before <= (not is_alive and is_warm)
        is_alive = is_alive or len(table.starts) > before
        orders += len(table.starts) - before
    assert orders == len(table.starts) == table.supervisor.incarnation


def who_of(event):
    return WARM if event.startswith("warm") else JOBS


@pytest.mark.requirement("FSW-SUP-017")
def test_an_executive_that_flew_for_a_second_gets_a_standby():
    table = Table().loaded().flying()
    begin_s = table.now_ns / S
    assert table.step(0.9).standbys == []
    assert table.step(5).standbys == [begin_s + 1]
    table.fails()
    assert table.step(5).standbys == [begin_s + 1]  # whoever flies now has not told so
    assert len(table.flying(3).standbys) == 2


def test_a_standby_that_ends_is_started_again_with_growing_patience():
    table = Table().loaded().flying(2)
    for delay_s in (1, 2, 4):
        before = list(table.standbys)
        table.supervisor.ended(STANDBY, "SIGKILL", table.now_ns)
        assert table.said[-1] == "the standby ended (SIGKILL); it is started again"
        table.step(delay_s - 0.1)
        assert table.standbys == before
        assert len(table.step(0.2).standbys) == len(before) + 1
    assert len(table.starts) == 1


def test_a_standby_that_cannot_be_forked_is_tried_again():
    table = Table().loaded()
    table.refusing = {STANDBY}
    assert len(table.flying(4).standbys) == 3
    table.refusing = set()
    assert len(table.flying(60).standbys) == 4


def test_no_standby_is_asked_of_a_warm_process_that_loads():
    table = Table().loaded().flying()
    table.supervisor.ended(WARM, "SIGKILL", table.now_ns)
    assert table.step(3).standbys == []
    table.supervisor.ready(WARM)
    assert len(table.step(8).standbys) == 1


def test_a_standby_takes_over_while_the_warm_process_loads_but_not_for_other_software():
    table = Table().loaded().flying(2)
    table.has_standby = True
    table.supervisor.ended(WARM, "SIGKILL", table.now_ns)
    table.has_standby = len(table.fails().starts) < 2
    table.flying(2)
    table.has_standby, table.chosen = True, [Chosen("A", "2.0", "/a")]
    assert len(table.fails("commanded").starts) == 2
    assert table.standbys[-1] is None


def test_a_standby_that_is_stopped_is_not_waited_for_as_long_as_one_that_has_to_load():
    table = Table(silence_s=10, starting_s=30).loaded().flying(2)
    table.has_standby = True
    table.fails().has_standby = False
    assert ("kill", EXECUTIVE) not in table.step(9).done
    assert ("kill", EXECUTIVE) in table.step(2).done
    assert table.fails("SIGKILL").starts[-1].cause == "hang"
    assert table.step(11).done.count(("kill", EXECUTIVE)) == 1


def test_without_an_executive_or_at_the_end_no_standby_is_started_again():
    table = Table().loaded().flying(2)
    table.supervisor.end(table.now_ns)
    table.supervisor.ended(STANDBY, "SIGKILL", table.now_ns)
    assert len(table.step(5).standbys) == 1
