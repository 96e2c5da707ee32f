"""Which software a supervisor has started, in virtual time: chosen, counted, replaced and given up."""

import pytest

from fsw.supervisor.messages import BoardError, Chosen
from kernels.usage import UsageError
from tests.fsw.supervisor.table import EXECUTIVE, JOBS, WARM, S, Table

A = Chosen("A", "1.4", "/state/software/unpacked/a")
TRIAL = Chosen("B", "1.5", "/state/software/unpacked/b", is_trial=True)
INSTALLED = Chosen()


def flying(*chosen):
    """A node for which these were chosen in turn; it flies the first one."""
    table = Table()
    table.chosen += chosen
    return table.loaded().flying(1)


def replaced(table):
    """Both helpers end, as they were killed for another software, and their successors are ready."""
    assert table.done[-2:] == [("kill", WARM), ("kill", JOBS)]
    starts = len(table.starts)
    for who in (WARM, JOBS):
        table.supervisor.ended(who, "SIGKILL", table.now_ns)
    table.step()
    assert table.done[-2:] == [("start", WARM), ("start", JOBS)]
    table.supervisor.ready(WARM)
    assert len(table.step().starts) == starts
    table.supervisor.ready(JOBS)
    return table.step()


def test_what_is_chosen_is_loaded_by_all_and_told_to_the_executive():
    table = flying(A)
    assert table.folders == {WARM: A.folder, JOBS: A.folder}
    assert [start.slot for start in table.starts] == ["A"]
    assert table.said == ["slot A, version 1.4, is started from now on"]


def test_what_is_installed_is_started_without_a_word():
    table = flying(INSTALLED)
    assert (table.folders, table.starts[0].slot, table.said) == ({WARM: "", JOBS: ""}, "G", [])


def test_an_update_replaces_who_loaded_the_old_software():
    table = flying(INSTALLED, TRIAL)
    table.fails("commanded")
    replaced(table)
    assert table.folders == {WARM: TRIAL.folder, JOBS: TRIAL.folder}
    assert [start.slot for start in table.starts] == ["G", "B"]
    assert table.said[-1] == "slot B, version 1.5, is started from now on, on trial"
    assert not [sentence for sentence in table.said if "process ended" in sentence]


def test_a_trial_that_crashes_is_chosen_anew_each_time_and_what_was_before_flies_in_the_end():
    table = flying(TRIAL, TRIAL, A)
    table.step(100).fails()
    assert table.starts[-1].slot == "B"
    table.flying(100).fails()
    replaced(table)
    assert [start.slot for start in table.starts] == ["B", "B", "A"]
    assert len(table.uncounted) == 3


def test_what_is_promoted_is_started_again_uncounted_only_after_a_calm_flight():
    table = flying(A, A, INSTALLED)
    table.flying(61).fails()
    assert (len(table.starts), len(table.uncounted)) == (2, 1)
    table.flying(5).fails()
    assert (len(table.starts), len(table.uncounted)) == (3, 2)
    table.fails()
    assert len(replaced(table).starts) == 4


def test_what_is_installed_is_started_again_at_once_and_chosen_anew_where_that_is_asked_for():
    table = flying()
    table.fails()
    assert len(table.uncounted) == 1
    table.flying(1).fails("reset asked")
    table.step(61)
    assert len(table.uncounted) == 2


def test_software_that_cannot_be_loaded_is_given_up():
    table = Table()
    table.chosen += [TRIAL, TRIAL, A]
    table.step()
    for _ in range(2):
        table.supervisor.refused(WARM, BoardError("SyntaxError: of the new software"))
        table.supervisor.ended(WARM, "ended", table.now_ns)
        table.step(2)
    assert table.supervisor.refusal is None
    assert table.folders == {WARM: A.folder, JOBS: TRIAL.folder}  # the guardian had loaded well
    assert ("kill", JOBS) in table.done
    table.supervisor.ended(JOBS, "SIGKILL", table.now_ns)
    table.step()
    assert table.folders == {WARM: A.folder, JOBS: A.folder}
    assert table.starts == []


def test_software_whose_stages_cannot_be_loaded_is_given_up_too():
    table = Table()
    table.chosen += [TRIAL, INSTALLED]
    table.step()
    table.supervisor.ready(WARM)
    table.supervisor.ended(JOBS, "ended", table.now_ns)
    table.step()
    assert ("kill", WARM) in table.done
    table.supervisor.ended(WARM, "SIGKILL", table.now_ns)
    table.step(2)
    assert table.folders == {WARM: "", JOBS: ""}


def test_a_helper_that_is_lost_in_flight_is_no_start_of_its_software():
    table = flying(A)
    table.supervisor.ended(WARM, "SIGKILL", table.now_ns)
    table.step()
    assert table.done[-1] == ("start", WARM)
    assert len(table.uncounted) == 1


def test_a_first_executive_of_an_update_that_refuses_does_not_end_the_node():
    table = Table()
    table.chosen += [TRIAL, INSTALLED]
    table.loaded()
    table.supervisor.refused(EXECUTIVE, UsageError("no such port"))
    assert (table.supervisor.refusal, table.supervisor.is_over) == (None, False)
    table.fails("ended")
    assert len(replaced(table).starts) == 2


@pytest.mark.parametrize("counted", [1, 3])
def test_starts_that_the_disk_does_not_count_are_counted_here(counted):
    lost = A._replace(is_counted=False, complaint="slot B: it is damaged")
    table = flying(*[lost] * counted, A, A)
    for _ in range(counted + 1):
        table.fails("commanded")
    assert table.uncounted == [*range(counted + 1), 0]
    assert table.said.count("slot B: it is damaged") == counted


def test_while_a_reset_is_waited_for_nothing_is_chosen():
    table = flying(A, A)
    table.fails("reset asked")
    table.step(59)
    assert len(table.uncounted) == 1
    table.step(2)
    assert len(table.uncounted) == len(table.starts) == 2
    assert table.now_ns > 60 * S
