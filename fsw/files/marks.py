"""What is remembered of single files: who locked them, and how long they may become; and which ones are in use now."""

from collections import Counter
from collections.abc import Iterator

import msgspec

from fsw.files.roots import PATH_CHARACTERS_MAX, FilePlace
from link.pus.services.verification import FailureCode, RefusedError

MARKS_MAX = 128


class FileMark(msgspec.Struct, frozen=True, array_like=True):
    """Of one file. `octets_max`: how long it may become; 0: as long as there is room."""

    is_locked: bool = False
    octets_max: int = 0


class MarkTable(msgspec.Struct, frozen=True, array_like=True):
    """The marks by path."""

    marks: dict[str, FileMark] = {}


class FileMarks:
    """Marks of files, which survive a restart, and counts of who uses which file now, which do not."""

    STATE_OCTETS_MAX = 64 + MARKS_MAX * (PATH_CHARACTERS_MAX + 24)

    def __init__(self, state: MarkTable) -> None:
        self._marks = dict(state.marks)
        self._uses: Counter[str] = Counter()

    @property
    def state(self) -> MarkTable:
        """What is to survive."""
        return MarkTable(dict(self._marks))

    def is_locked(self, place: FilePlace) -> bool:
        """Whether a file can be neither changed nor deleted."""
        return self._marks.get(place.words, FileMark()).is_locked or place.words in self._uses

    def check_free(self, place: FilePlace) -> None:
        """Raises RefusedError for a file that is locked or in use, or a folder with such a file below it."""
        for words in (place.words, *self._below(place)):
            if words in self._uses:
                raise RefusedError(FailureCode.NOT_NOW, f"{words} is being transferred")
            if self._marks.get(words, FileMark()).is_locked:
                raise RefusedError(FailureCode.NOT_NOW, f"{words} is locked")

    def check_size(self, place: FilePlace, octets: int) -> None:
        """Raises RefusedError for more than the file may hold."""
        most = self._marks.get(place.words, FileMark()).octets_max
        if most and octets > most:
            raise RefusedError(FailureCode.NOT_NOW, f"{place.words} may hold {most} octets, not {octets}")

    def lock(self, place: FilePlace, *, is_locked: bool) -> None:
        """Lock or unlock a file."""
        self.put(place, FileMark(is_locked, self._marks.get(place.words, FileMark()).octets_max))

    def put(self, place: FilePlace, mark: FileMark) -> None:
        """Mark a file. Raises RefusedError where too many are marked."""
        if mark == FileMark():
            self._marks.pop(place.words, None)
        elif place.words not in self._marks and len(self._marks) >= MARKS_MAX:
            raise RefusedError(FailureCode.NOT_NOW, f"{MARKS_MAX} files are locked or limited, which is the maximum")
        else:
            self._marks[place.words] = mark

    def move(self, old: FilePlace, new: FilePlace) -> None:
        """Let the marks of a file, or of all that is below a folder, follow it to its new name."""
        for words in [old.words, *self._below(old)]:
            mark = self._marks.pop(words, None)
            if mark:
                self._marks[new.words + words.removeprefix(old.words)] = mark

    def forget(self, place: FilePlace) -> None:
        """A file is gone."""
        self._marks.pop(place.words, None)

    def use(self, place: FilePlace) -> None:
        """Keep a file as it is until `release`."""
        self._uses[place.words] += 1

    def release(self, place: FilePlace) -> None:
        """One use less."""
        self._uses[place.words] -= 1
        self._uses += Counter()  # without those that nobody uses any more

    def _below(self, place: FilePlace) -> Iterator[str]:
        prefix = f"{place.words}/"
        return (words for words in (*self._marks, *self._uses) if words.startswith(prefix))
