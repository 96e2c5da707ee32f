"""Variants of a test: some of them ordinary, the others slow, so that all are tried, and few each time."""

from collections.abc import Sequence
from typing import Any

import pytest


def every(step: int, values: Sequence[int]) -> list[Any]:
    """All `values` as parameters of a test, of which each `step`-th one is ordinary."""
    slow = pytest.mark.slow
    return [pytest.param(value, marks=[slow] * bool(number % step)) for number, value in enumerate(values)]
