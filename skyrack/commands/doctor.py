"""Say what this machine has, and what is missing for which command.

skyrack doctor
skyrack doctor --json
"""

import argparse
import json
import os
import resource
import shutil
import sys
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from importlib.util import find_spec
from pathlib import Path
from typing import Any

OUR_PACKAGES = ("kernels", "hal", "link", "fsw", "ground", "rig", "skyrack", "_csrc")
NEEDS = {  # packages beyond the base install: the extra that brings each, and the commands that use it
    "rich": ("ground", "live progress in `demo` and `ground watch`"),
    "PIL": ("ground", "picture overlays in `demo` and `ground serve`"),
    "pyproj": ("ground", "GeoJSON in WGS 84 in `demo` and `ground serve`"),
    "shtab": ("ground", "`completion`"),
    "rasterio": ("scenes", "`scene import` of TIFF, JPEG 2000, PNG and JPEG"),
    "pyarrow": ("parquet", "`decode --out FILE.parquet`"),
    "pytest": ("dev", "`make test`"),
    "hypothesis": ("dev", "`make test`"),
    "mypy": ("dev", "`make test`"),
    "ruff": ("dev", "`make test`"),
}
TOOLS = {
    "cc": "building the kernels from source",
    "cmake": "the C tests (pip fetches its own for building)",
    "valgrind": "`make bench-check`",
    "clang-14": "`make fuzz`",
    "aarch64-linux-gnu-gcc": "`make test-arm`",
    "qemu-aarch64-static": "`make test-arm`",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the option for the form of the output."""
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout")


def run(options: argparse.Namespace) -> int:
    """Print what is found. Always 0: missing parts are reported, not an error."""
    found = examine()
    if options.json:
        print(json.dumps(found, indent=2))
    else:
        print("\n".join(as_text(found)))
    return 0


def examine() -> dict[str, Any]:
    """All findings as plain data; the keys are stable."""
    return {
        "board": _board(),
        "python": sys.version.split()[0],
        "cores": len(os.sched_getaffinity(0)),
        "memory_mib": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") >> 20,
        "kernels": _kernels(),
        "serial_ports": _serial_ports(),
        "power_rail": _power_rail(),
        "realtime_priority_max": _realtime_priority_max(),
        "other_owners": _other_owners(),
        "missing_packages": {name: NEEDS[name] for name in NEEDS if find_spec(name) is None},
        "missing_tools": {name: TOOLS[name] for name in TOOLS if shutil.which(name) is None},
    }


def as_text(found: dict[str, Any]) -> Iterator[str]:
    """The findings, one line each, with the remedy beside what is missing."""
    for label, text in _facts(found):
        yield f"{label:18} {text}"
    for package, owners in found["other_owners"].items():
        yield f"{'name clash':18} package {package!r} also belongs to {', '.join(owners)}; use another environment"
    for name, (extra, use) in found["missing_packages"].items():
        yield f"{'missing':18} {name}: for {use}; `pip install 'skyrack[{extra}]'`"
    for name, use in found["missing_tools"].items():
        yield f"{'missing':18} {name}: for {use}"


def _facts(found: dict[str, Any]) -> Iterator[tuple[str, str]]:
    kernels, priority = found["kernels"], found["realtime_priority_max"]
    yield "board", f"{found['board']}, {found['cores']} cores, {found['memory_mib']} MiB, Python {found['python']}"
    if "error" in kernels:
        yield "kernels", kernels["error"]
    else:
        yield "kernels", f"{kernels['level']} in use; this processor runs {', '.join(kernels['supported'])}"
    yield "serial ports", ", ".join(found["serial_ports"]) or "none; `skyrack cable` makes a simulated pair"
    yield "power rail", found["power_rail"] or "none measured on this board: joules are modelled"
    yield "real-time rights", f"SCHED_FIFO up to {priority}" if priority else "none: ticks may be late under load"


def _board() -> str:
    from hal.linux.board import board_name

    return board_name()


def _power_rail() -> str | None:
    from hal.linux.board import find_input_rail

    rail = find_input_rail()
    return None if rail is None else str(rail.volts)


def _kernels() -> dict[str, Any]:
    try:
        from kernels.library import level, supported_levels

        return {"level": level(), "supported": list(supported_levels())}
    except (ImportError, ValueError) as error:
        return {"error": f"not usable: {error}"}


def _serial_ports() -> list[str]:
    from serial.tools.list_ports import comports

    return sorted(port.device for port in comports())


def _realtime_priority_max() -> int:
    """The highest SCHED_FIFO priority that this process may ask for, 0 for none (sched(7))."""
    effective = next(
        line.split()[1] for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("CapEff:")
    )
    cap_sys_nice = 1 << 23
    if int(effective, 16) & cap_sys_nice:
        return os.sched_get_priority_max(os.SCHED_FIFO)
    return max(0, resource.getrlimit(resource.RLIMIT_RTPRIO)[0])


def _other_owners() -> dict[str, list[str]]:
    """Distributions other than ours that install a package of one of our names."""
    owners = packages_distributions()
    others = {name: sorted(set(owners.get(name, ())) - {"skyrack"}) for name in OUR_PACKAGES}
    return {name: names for name, names in others.items() if names}
