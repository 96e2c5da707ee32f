"""The interface through which the parts of the XTCE reader use each other."""

from typing import Protocol

from link.dictionary.conditions import Condition
from link.dictionary.kinds import Field
from link.dictionary.xtce.document import Element
from link.dictionary.xtce.ledger import Ledger
from link.dictionary.xtce.lower import Dialect
from link.dictionary.xtce.names import Found, System, XtceNames


class Library(Protocol):
    """Parameters and conditions of all files; each is read when it is first needed."""

    names: XtceNames
    ledger: Ledger
    dialect: Dialect

    def parameter(self, found: Found) -> Field:
        """A parameter as a field. Raises UnsupportedError."""

    def reference(self, element: Element, system: System) -> tuple[str, Field | None]:
        """The target of a reference to a parameter or argument in `element`: the path in a packet, and the field there;
        None for an argument, whose type depends on the command, and for a parameter that is in no packet.
        """

    def condition(self, element: Element, system: System) -> Condition:
        """A match criterion. Raises UnsupportedError."""
