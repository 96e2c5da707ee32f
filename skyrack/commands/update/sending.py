"""`skyrack update send` and `start`: an update on its way to a node, step by step."""

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from kernels.usage import UsageError, given, read_file
from skyrack.commands.update.planning import kilobytes, target_in
from skyrack.options.bundle_files import BUNDLE_OCTETS_MAX

if TYPE_CHECKING:
    from ground.updates.sending import UpdateSender


def send_bundle(options: argparse.Namespace) -> None:
    """Say what it takes to send a file, then send it and have it verified."""
    from ground.updates.plan import Passes, sending

    octets = read_file(options.bundle, BUNDLE_OCTETS_MAX)
    options.target = options.target or target_in(options, octets)
    passes = Passes(options.rate_bps, options.pass_s, options.passes_a_day)
    with given("--frame-octets, --pass-s"):
        plan = sending(len(octets), options.target, passes, options.frame_octets)
    wire, times = kilobytes(plan.wire_octets), f"{plan.passes} pass{'es' * (plan.passes != 1)}"
    _report(
        f"{kilobytes(plan.octets)} in {plan.commands} commands, {wire} on the wire: "
        f"{times} of {options.pass_s:g} s at {options.rate_bps} bit/s, {plan.days:.3g} days"
    )
    with _sender(options) as sender:
        slot = options.slot or sender.free_slot()
        sender.upload(octets, slot, plan.chunk_octets)
        sender.verify(slot, may_be_older=options.rollback)


def start_slot(options: argparse.Namespace) -> None:
    """Start a slot on trial, and confirm it."""
    with _sender(options) as sender:
        sender.start(options.slot, options.tries)


@contextmanager
def _sender(options: argparse.Namespace) -> Iterator["UpdateSender"]:
    from ground.errors import ServiceRefusedError
    from ground.service.client import Client
    from ground.updates.sending import UpdateSender
    from hal.linux.clock import HostClock

    with Client(options.socket) as client:
        try:
            yield UpdateSender(client, HostClock(), options.target, _report, options.timeout)
        except ServiceRefusedError as refused:
            if refused.refusal == "invalid":
                raise UsageError(refused) from refused
            raise


def _report(sentence: str) -> None:
    print(sentence, flush=True)
