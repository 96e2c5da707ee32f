from collections.abc import Iterator

import pytest

from kernels.library import select_level, supported_levels


@pytest.fixture(params=supported_levels())
def level(request) -> Iterator[str]:
    """The test runs once on each level of this processor."""
    select_level(request.param)
    yield request.param
    select_level()
