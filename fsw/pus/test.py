"""Service 17 on board (ECSS-E-ST-70-41C §6.17): the node answers that it is alive, or one of its processes."""

from collections.abc import Collection, Iterator

from fsw.pus.instructions import not_mine
from link.pus.message import Report, Request
from link.pus.services.test import ConnectionTested, Ping, Pong, TestConnection
from link.pus.services.verification import FailureCode, RefusedError


def answer(request: Request, apids: Collection[int]) -> Iterator[Report]:
    """Answer one request; the application processes `apids` are alive. Raises RefusedError."""
    match request:
        case Ping():
            yield Pong()
        case TestConnection(apid=apid) if apid in apids:
            yield ConnectionTested(apid=apid)
        case TestConnection(apid=apid):
            raise RefusedError(FailureCode.BAD_ARGUMENTS, f"no application process {apid}")
        case _:
            raise not_mine(request)
