"""Ledger of an XTCE reader: everything that it refused, collected in one run, and everything that it skipped."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import groupby

from link.dictionary.xtce.document import Document, Element, UnsupportedError, skipped

_LINES_MAX = 100


class XtceRefusedError(ValueError):
    """The file has errors or parts that are not supported; `sentences` has one for each, with file and line."""

    def __init__(self, sentences: Sequence[str]) -> None:
        super().__init__("\n".join(sentences))
        self.sentences = tuple(sentences)


@dataclass(slots=True)
class Ledger:
    """Collects refusals, so that reading can continue with the other elements."""

    documents: list[Document]
    _refused: dict[tuple[int, str], Element] = field(default_factory=dict)
    _passed: dict[tuple[int, str], Element] = field(default_factory=dict)

    def refuse(self, element: Element, said: str) -> None:
        """Note that an element is refused, once for each element and sentence."""
        self._refused.setdefault((id(element), said), element)

    def pass_over(self, element: Element, what: str) -> None:
        """Note that an element is skipped: a definition cannot express it, and it changes no value. Once for each."""
        self._passed.setdefault((id(element), what), element)

    @contextmanager
    def collecting(self, element: Element) -> Iterator[None]:
        """Context that notes an UnsupportedError of its block as refused; a ValueError as refused at `element`."""
        try:
            yield
        except UnsupportedError as error:
            for one in (error, *error.others):
                self.refuse(one.element, str(one))
        except ValueError as error:
            self.refuse(element, str(error))

    def check(self) -> None:
        """Raises XtceRefusedError if anything was refused."""
        if self._refused:
            found = sorted((*self._where(element), said) for (_, said), element in self._refused.items())
            raise XtceRefusedError(
                list(dict.fromkeys(f"{_place(name, line)}: {said}" for _, name, line, said in found))
            )

    def skipped(self) -> list[str]:
        """A sentence for each kind of skipped element, with the lines where it occurs."""
        sentences = []
        for document in self.documents:
            places = sorted((*self._skipped_in(document), *self._passed_in(document)))
            for tag, lines in groupby(places, key=lambda place: place[0]):
                where = [str(line) for _, line in lines]
                more = f" and {len(where) - _LINES_MAX} more" if len(where) > _LINES_MAX else ""
                what = "line" if len(where) == 1 else "lines"
                name = f"{document.source.name}: " if document.source.name else ""
                sentences.append(f"{name}{what} {', '.join(where[:_LINES_MAX])}{more}: {tag} is passed over")
        return sentences

    def _skipped_in(self, document: Document) -> Iterator[tuple[str, int]]:
        for one in skipped(document.root):
            line = document.line_of(one)
            assert line is not None
            yield str(one.tag), line

    def _passed_in(self, document: Document) -> Iterator[tuple[str, int]]:
        for (_, what), element in self._passed.items():
            line = document.line_of(element)
            if line is not None:
                yield what, line

    def _where(self, element: Element) -> tuple[int, str, int]:
        """The number of the file, its name, and the line."""
        for number, document in enumerate(self.documents):
            line = document.line_of(element)
            if line is not None:
                return number, document.source.name, line
        raise AssertionError(element)  # every element stands in a file


def _place(name: str, line: int) -> str:
    return f"{name}: line {line}" if name else f"line {line}"
