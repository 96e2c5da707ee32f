"""A few trials of workers that come to harm; `make worker-trials` makes a thousand."""

import pytest

from tests.fsw.jobs.trials import Trial, try_all


@pytest.mark.slow
@pytest.mark.requirement("FSW-JOB-001")
def test_whatever_happens_to_workers_answers_are_right(tmp_path):
    harms, _ = try_all(2, 30, tmp_path, 8)
    assert sum(harms.values()) == 30


def test_a_wrong_answer_is_noticed(tmp_path, monkeypatch):
    monkeypatch.setattr("tests.fsw.jobs.trials.run", lambda *_: b"other")
    monkeypatch.setattr("tests.fsw.jobs.trials.HARMS", ("none",))
    with pytest.raises(AssertionError, match="another answer"):
        try_all(1, 1, tmp_path)


def test_trials_are_those_of_their_seed(tmp_path):
    one, again, other = (Trial(seed, 7, tmp_path / name) for seed, name in ((1, "a"), (1, "b"), (2, "c")))
    assert (one.right, one.harm, one.times) == (again.right, again.harm, again.times)
    assert one.right != other.right
