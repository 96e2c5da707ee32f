"""What the ground does, duty by duty: one that fails, fails alone; it is counted and told, and the rest goes on."""

import logging
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from hal.port import PortClosed

_KINDS_TOLD_MAX = 20
_LOG = logging.getLogger(__name__)


class Duties:
    """`failed` counts by duty. Of each kind of failure the first is told in a sentence, and its traceback logged.

    The loss of the port is no failure of a duty: it goes through. `dropped` counts what was given up for want of room,
    by what it was.
    """

    def __init__(self, tell: Callable[[str], None] = lambda _: None) -> None:
        self.failed: Counter[str] = Counter()
        self.dropped: Counter[str] = Counter()
        self._tell = tell
        self._told: set[tuple[str, str]] = set()

    @contextmanager
    def alone(self, duty: str) -> Iterator[None]:
        """Do the duty that is the `with` block; whatever it raises ends it alone."""
        try:
            yield
        except PortClosed:
            raise
        except Exception as error:  # what escapes a duty is what only a bug can do, so it may be anything
            self.failed[duty] += 1
            self._tell_once(duty, error)

    def _tell_once(self, duty: str, error: Exception) -> None:
        kind = duty, type(error).__name__
        if kind in self._told or len(self._told) >= _KINDS_TOLD_MAX:
            return
        self._told.add(kind)
        _LOG.error("%s failed; the rest goes on", duty, exc_info=error)
        self._tell(f"{duty}: {kind[1]}: {error}; further ones are only counted.")
