"""Request verification, service 1 (ECSS-E-ST-70-41C §8.1): what became of a telecommand, stage by stage.

Successes are reported if the request asked for them, failures always. A failure notice is a code and, for people, a
sentence.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from fsw.pus.paging import pages
from link.pus.message import Report, Request
from link.pus.services.verification import FailureCode, RefusedError

_Instruction = TypeVar("_Instruction")
_Answer = TypeVar("_Answer")


def execute_each(instructions: Iterable[_Instruction], execute: Callable[[_Instruction], None]) -> None:
    """Execute every instruction of a request; one that is refused does not keep the others back (§5.4.11.2).

    Raises RefusedError afterwards, with the number and the reason of each that was.
    """
    refused = []
    for number, instruction in enumerate(instructions, 1):
        try:
            execute(instruction)
        except RefusedError as error:
            refused.append((number, error))
    if refused:
        said = "; ".join(f"instruction {number}: {error}" for number, error in refused)
        raise RefusedError(refused[0][1].code, said)


def report_each(instructions: Iterable[_Instruction], report: Callable[[_Instruction], _Answer]) -> Iterator[_Answer]:
    """The report of every instruction of a request; one that is refused does not keep the others back.

    Raises RefusedError as `execute_each` does, after the others.
    """
    answers: list[_Answer] = []
    try:
        execute_each(instructions, lambda one: answers.append(report(one)))
    finally:
        yield from answers


def report_together(
    instructions: Iterable[_Instruction],
    item: Callable[[_Instruction], _Answer],
    form: Callable[[list[_Answer]], Report],
) -> Iterator[Report]:
    """What the instructions of a request ask for, together in as few reports as hold it; else as `report_each`."""
    items: list[_Answer] = []
    try:
        items.extend(report_each(instructions, item))
    finally:
        yield from pages(items, form)


def not_mine(request: Report | Request) -> RefusedError:
    """What a service says about a request that is another's."""
    return RefusedError(FailureCode.UNKNOWN_TYPE, f"{type(request).__name__} is not for this service")
