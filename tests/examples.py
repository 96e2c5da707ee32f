"""How many examples properties are tried with: some in each run, many more where there is time for them.

HYPOTHESIS=thorough draws 25 times as many as HYPOTHESIS=fixed, which always draws the same, so that two runs can be
compared, and the ordinary run a quarter: it is run often, and draws others each time. HYPOTHESIS=plenty draws others
each time as well, as many as fixed: the slow run tries all properties with it.
"""

import os
from typing import Any

from hypothesis import settings

PROFILE = os.environ.get("HYPOTHESIS", "ordinary")
_PARTS = {"ordinary": 0.25, "fixed": 1, "plenty": 1, "thorough": 25}
_USUAL = 40


def register() -> None:
    """Let this run draw as its profile says. A property is judged by what it says, not by how long it takes."""
    for name, part in _PARTS.items():
        settings.register_profile(name, deadline=None, max_examples=round(_USUAL * part))
    settings.register_profile("fixed", settings.get_profile("fixed"), derandomize=True, database=None)
    settings.load_profile(PROFILE)


def examples(count: int, **others: Any) -> settings:
    """Settings of a property that wants another number of examples than most: `count` in the fixed run."""
    return settings(max_examples=max(1, round(count * _PARTS[PROFILE])), **others)
