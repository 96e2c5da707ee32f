"""How a request of many instructions is executed (ECSS-E-ST-70-41C §5.4.11): one that is refused costs itself alone."""

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from fsw.pus.paging import pages
from link.pus.message import Report, Request
from link.pus.services.verification import FailureCode, RefusedError

_Instruction = TypeVar("_Instruction")
_Answer = TypeVar("_Answer")


def execute_each(instructions: Iterable[_Instruction], execute: Callable[[_Instruction], None]) -> None:
    """Execute every instruction of a request, also those after one that is refused (§5.4.11.2).

    Raises RefusedError afterwards, with the number and the reason of each that was refused.
    """
    refused = []
    for number, instruction in enumerate(instructions, 1):
        try:
            execute(instruction)
        except RefusedError as error:
            refused.append((number, error))
    if refused:
        reasons = "; ".join(f"instruction {number}: {error}" for number, error in refused)
        raise RefusedError(refused[0][1].code, reasons)


def report_each(instructions: Iterable[_Instruction], report: Callable[[_Instruction], _Answer]) -> Iterator[_Answer]:
    """The report of every instruction of a request, also of those after one that is refused.

    Raises RefusedError after the last report, as `execute_each` does.
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
    """The items that the instructions of a request ask for, in as few reports of `form` as hold them.

    Raises RefusedError after the last report, as `execute_each` does.
    """
    items: list[_Answer] = []
    try:
        items.extend(report_each(instructions, item))
    finally:
        yield from pages(items, form)


def not_mine(request: Report | Request) -> RefusedError:
    """The refusal of a request that is of another service."""
    return RefusedError(FailureCode.UNKNOWN_TYPE, f"{type(request).__name__} is not for this service")
