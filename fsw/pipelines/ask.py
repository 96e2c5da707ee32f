"""The contract of a stage. A user's own file gives it in a worker, as it will run in one, and is not loaded here."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import msgspec

from fsw.jobs.job import Job, Outcome
from fsw.jobs.process import JobLimits, ProcessRunner
from fsw.jobs.reason import words
from fsw.pipelines.contract import Contract, sound
from fsw.pipelines.load import load_stage
from fsw.pipelines.stage import StageSpec
from hal.linux.clock import HostClock

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
else:
    from kernels.late import np

_ASKING_S, _MEMORY_OCTETS = 20.0, 1 << 30


def contract_of(spec: StageSpec) -> Contract:
    """The contract of the stage. Raises ValueError for a stage that cannot be loaded, or whose contract is invalid."""
    if not spec.is_file:
        return load_stage(spec).contract()
    spec.path(spec.name)  # a file that is missing needs no worker
    outcome = _asked(spec)
    if outcome.failure.startswith("timeout"):
        raise ValueError(f"says nothing of its contract within {_ASKING_S:g} s")
    if outcome.answer is None:
        raise ValueError(f"{outcome.failure} when asked for its contract")
    answer = json.loads(outcome.answer)
    if "error" in answer:
        raise ValueError(answer["error"])
    return msgspec.convert(answer["contract"], Contract)


def run(samples: NDArray[Any], parameters: dict[str, Any]) -> bytes:  # noqa: ARG001 - a pipeline is called so
    """In the worker: the contract, as JSON, of the StageSpec in `parameters`, or in words why there is none."""
    try:
        contract = msgspec.to_builtins(load_stage(msgspec.convert(parameters, StageSpec)).contract())
        sound(msgspec.convert(contract, Contract))
    except msgspec.ValidationError as error:
        return json.dumps({"error": f"not a contract: {error}"}).encode()
    except Exception as error:  # a user's own file may fail in any way
        return json.dumps({"error": str(error) if isinstance(error, ValueError) else words(error)}).encode()
    return json.dumps({"contract": contract}).encode()


def _asked(spec: StageSpec) -> Outcome:
    clock = HostClock()
    limits = JobLimits(workers=1, waiting_max=0, memory_octets=_MEMORY_OCTETS, timeout_s=_ASKING_S, attempts=1)
    runner = ProcessRunner(clock, limits, {"contract": __name__})
    try:
        parameters = msgspec.to_builtins(spec)
        runner.submit(Job(id=0, pipeline="contract", samples=np.empty(0, np.uint8), parameters=parameters))
        while not (outcomes := list(runner.poll())):
            clock.wait(runner.next_wake_ns() or 0, [runner])
    finally:
        runner.close()
    return outcomes[0]
