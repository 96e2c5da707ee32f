"""The log of an app: a line of text becomes an event, which is throttled and switched as any other."""

from collections.abc import Callable
from dataclasses import dataclass

from fsw.executive.sentence import writable_text
from link.dictionary import Event, wire

_CHARACTERS_MAX = 120


class LogInfo(Event, id=0x1C):
    """{app}: {text}"""

    app: str = wire()
    text: str = wire()


class LogLow(Event, id=0x1D, severity="low"):
    """{app}: {text}"""

    app: str = wire()
    text: str = wire()


class LogMedium(Event, id=0x1E, severity="medium"):
    """{app}: {text}"""

    app: str = wire()
    text: str = wire()


class LogHigh(Event, id=0x1F, severity="high"):
    """{app}: {text}"""

    app: str = wire()
    text: str = wire()


@dataclass(frozen=True, slots=True)
class Log:
    """What the app called `app` has to say, one event a line of at most 120 characters; `report` accepts the events."""

    app: str
    report: Callable[[Event], object]

    def info(self, text: str) -> None:
        """Say something that is no anomaly."""
        self._report(LogInfo, text)

    def low(self, text: str) -> None:
        """Say an anomaly of low severity."""
        self._report(LogLow, text)

    def medium(self, text: str) -> None:
        """Say an anomaly of medium severity."""
        self._report(LogMedium, text)

    def high(self, text: str) -> None:
        """Say an anomaly of high severity."""
        self._report(LogHigh, text)

    def _report(self, kind: type[LogInfo | LogLow | LogMedium | LogHigh], text: str) -> None:
        self.report(kind(app=self.app, text=writable_text(str(text))[:_CHARACTERS_MAX]))
