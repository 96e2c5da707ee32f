"""References by name in XTCE files: to types, parameters, containers and commands in a tree of space systems.

References are as in a file system (NameReferenceType): `name` is searched in the space system of the reference, then in
those around it; `/A/B/name` begins at the top, the parent of each file's outermost space system; `..` and `.` are as
usual. Several files are one database: a name that is found neither in a file nor around it may be in one other file.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from link.dictionary.xtce.document import Document, Element, UnsupportedError, text
from link.dictionary.xtce.ledger import Ledger

REFERENCES = ("ParameterInstanceRef", "ArgumentInstanceRef")
"""Elements that refer to a value of a packet."""
_ALIASES_MAX = 8
_Path = tuple[str, ...]
"""Path of a space system: names, the outermost first."""


@dataclass(slots=True)
class System:
    """A space system: its path and its file."""

    path: _Path
    document: Document


@dataclass(slots=True)
class Found:
    """A named element and its space system; `label` is its name in a definition. `is_command` marks the container of a
    command, which is no packet of telemetry.
    """

    element: Element
    system: System
    is_command: bool = False
    label: str = ""

    @property
    def name(self) -> str:
        """The element's own name, without space systems."""
        return text(self.element, "name")


@dataclass(slots=True)
class XtceNames:
    """All named elements, by kind. Of two with the same name the second is refused."""

    ledger: Ledger
    _known: dict[str, dict[_Path, Found]] = field(default_factory=dict)
    _tops: dict[str, None] = field(default_factory=dict)

    def add(self, kind: str, element: Element, system: System, name: str, *, is_command: bool = False) -> None:
        """Add an element of `kind` in a space system."""
        known = self._known.setdefault(kind, {})
        self._tops.setdefault(system.path[0])
        place = (*system.path, name)
        if place in known:
            self.ledger.refuse(element, f"a second {kind} is called {name}")
        else:
            known[place] = Found(element, system, is_command)

    def all(self, kind: str) -> Iterable[Found]:
        """All elements of a kind, in the order of the files."""
        return self._known.get(kind, {}).values()

    def label_all(self) -> None:
        """Give all elements their `label`: the path without the outermost space system, where that is unambiguous."""
        for known in self._known.values():
            short = Counter(place[1:] for place in known)
            for place, found in known.items():
                found.label = ".".join(place[1:] if short[place[1:]] == 1 else place)

    def find(self, kind: str, element: Element, reference: str, system: System) -> Found:
        """The target of a reference in `element`. Raises UnsupportedError for none, and for an ambiguous one."""
        for _ in range(_ALIASES_MAX):
            found = self.look_up(kind, element, reference, system)
            if found is None:
                break
            if found.element.tag != "ParameterRef":
                return found
            element, reference, system = found.element, text(found.element, "parameterRef"), found.system
        raise UnsupportedError(element, f"no {kind} is called {reference[:80]}")

    def look_up(self, kind: str, element: Element, reference: str, system: System) -> Found | None:
        """As `find`, but None if there is no target."""
        known = self._known.get(kind, {})
        steps = tuple(step for step in reference.split("/") if step)
        if reference.startswith("/"):
            return known.get(_resolved((), steps))
        if "." in steps or ".." in steps:
            return known.get(_resolved(system.path, steps))
        for level in range(len(system.path), -1, -1):
            found = known.get((*system.path[:level], *steps))
            if found is not None:
                return found
        others = [known[top, *steps] for top in self._tops if (top, *steps) in known]
        if len(others) > 1:
            where = " and ".join("/" + "/".join((*one.system.path, one.name)) for one in others[:2])
            raise UnsupportedError(element, f"which {kind} is {reference[:80]}: {where}?")
        return others[0] if others else None


def _resolved(path: _Path, steps: _Path) -> _Path:
    """The path that `steps` lead to from `path`; empty if they lead beyond the top."""
    for step in steps:
        if step == "..":
            if not path:
                return ()
            path = path[:-1]
        elif step != ".":
            path = (*path, step)
    return path
