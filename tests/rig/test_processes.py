"""No process of a desk outlives the process that started it."""

import os
import select
import subprocess
import sys

from tests.patience import PATIENCE_S

RIG = """
import sys
from pathlib import Path
from rig.processes import Process
one = Process("patient", ["ground", "status", "--wait", "600", "--socket", sys.argv[1]], Path(sys.argv[2]))
print(one._process.pid, flush=True)
sys.stdin.read()
"""


def test_of_a_rig_that_is_killed_nobody_stays(tmp_path):
    command = [sys.executable, "-c", RIG, str(tmp_path / "socket"), str(tmp_path / "log")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as rig:
        process = os.pidfd_open(int(rig.stdout.readline()))
        rig.kill()
    try:
        assert select.select([process], [], [], PATIENCE_S)[0], "it goes on"
    finally:
        os.close(process)
