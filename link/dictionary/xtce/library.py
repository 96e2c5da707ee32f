"""What the parts of the XTCE reader ask of each other."""

from typing import Protocol

from link.dictionary.conditions import Condition
from link.dictionary.kinds import Field
from link.dictionary.xtce.document import Element
from link.dictionary.xtce.ledger import Ledger
from link.dictionary.xtce.lower import Dialect
from link.dictionary.xtce.names import Found, Names, System


class Library(Protocol):
    """All that the files say, by name; read when it is asked for."""

    names: Names
    ledger: Ledger
    dialect: Dialect

    def parameter(self, found: Found) -> Field:
        """A parameter as a field. Raises UnsupportedError."""

    def reference(self, element: Element, system: System) -> tuple[str, Field | None]:
        """What the name of a parameter or argument in `element` means: the path in a packet, and the field there; None
        for an argument, whose type the command decides, and for what is in no packet.
        """

    def condition(self, element: Element, system: System) -> Condition:
        """A match criterion. Raises UnsupportedError."""
