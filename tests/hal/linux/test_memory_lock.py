"""Locking memory, in processes of their own: what is granted shows in /proc, and what is not has its reason."""

import errno
import resource
import subprocess
import sys

import pytest

from hal.linux.memory_lock import lock_memory

LOCKING = """
import re
from pathlib import Path
from hal.linux.memory_lock import lock_memory
print(lock_memory() or re.search(r"VmLck:\\s*(\\d+)", Path("/proc/self/status").read_text())[1])
"""


def test_what_is_granted_is_locked():
    said = subprocess.run([sys.executable, "-c", LOCKING], capture_output=True, text=True, check=True).stdout.strip()
    assert said.startswith("memory not locked (") or int(said) > 1000  # KiB


def test_what_is_not_granted_has_its_reason():
    assert lock_memory(lambda _: errno.EPERM) == "memory not locked (Operation not permitted)"


@pytest.mark.parametrize(("limit", "flags"), [(1 << 16, 1), (resource.RLIM_INFINITY, 3)])
def test_under_a_limit_what_comes_later_is_not_locked(monkeypatch, limit, flags):
    monkeypatch.setattr(resource, "getrlimit", lambda _: (limit, limit))
    asked = []
    assert lock_memory(lambda flags: asked.append(flags) or 0) == ""
    assert asked == [flags]
