import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).parents[2] / "csrc/src/reed_solomon"


def test_tables_are_what_their_generator_writes():
    written = subprocess.run([sys.executable, FOLDER / "make_tables.py"], capture_output=True, text=True, check=True)
    assert written.stdout == (FOLDER / "tables.c").read_text()
