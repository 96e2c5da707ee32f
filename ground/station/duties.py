"""Duties of the ground: one that raises is counted and reported, and the others go on."""

import logging
from collections import Counter
from collections.abc import Callable

from hal.port import PortClosed

_KINDS_REPORTED_MAX = 20
_LOG = logging.getLogger(__name__)


class Duties:
    """Runs each duty alone. `failed` counts by duty. The first failure of each kind is reported in a sentence, and its
    traceback logged.

    PortClosed is not a failure of a duty and is raised on. `dropped` counts what was dropped for lack of room,
    by kind.
    """

    def __init__(self, report: Callable[[str], None] = lambda _: None) -> None:
        self.failed: Counter[str] = Counter()
        self.dropped: Counter[str] = Counter()
        self._report = report
        self._reported: set[tuple[str, str]] = set()

    def alone(self, duty: str) -> "_Alone":
        """Run the `with` block as the duty `duty`; an exception ends this block only."""
        return _Alone(self, duty)

    def fail(self, duty: str, error: Exception) -> None:
        """Count a failure of `duty`, and report it if none of its kind was."""
        self.failed[duty] += 1
        self._report_once(duty, error)

    def _report_once(self, duty: str, error: Exception) -> None:
        kind = duty, type(error).__name__
        if kind in self._reported or len(self._reported) >= _KINDS_REPORTED_MAX:
            return
        self._reported.add(kind)
        _LOG.error("%s failed; the rest goes on", duty, exc_info=error)
        self._report(f"{duty}: {kind[1]}: {error}; further ones are only counted.")


class _Alone:
    """A block of one duty: a class, because a generator takes three times as long, and there are hundreds a second."""

    __slots__ = ("_duties", "_duty")

    def __init__(self, duties: Duties, duty: str) -> None:
        self._duties, self._duty = duties, duty

    def __enter__(self) -> None:
        pass

    def __exit__(self, _kind: object, error: BaseException | None, _traceback: object) -> bool:
        if not isinstance(error, Exception) or isinstance(error, PortClosed):
            return False
        self._duties.fail(self._duty, error)  # only a bug gets here, so it may be any exception
        return True
