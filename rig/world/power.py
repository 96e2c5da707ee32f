"""The power of a simulated computer: once it has failed, nothing that the computer does has any effect."""

from collections.abc import Callable


class PowerCut(BaseException):
    """The power has failed. It is no Exception, as KeyboardInterrupt is none.

    Every device raises it again and again, so that code which catches everything cannot go on.
    """


class Power:
    """On until `cut`, which calls `on_cut` once, at that moment."""

    def __init__(self, on_cut: Callable[[], None] = lambda: None) -> None:
        self.is_on = True
        self._on_cut = on_cut

    def cut(self) -> None:
        """Switch off for good."""
        if self.is_on:
            self._on_cut()
            self.is_on = False

    def check(self) -> None:
        """Raises PowerCut where the power has failed."""
        if not self.is_on:
            raise PowerCut
