"""One value a file, as sysfs has them; a device that does not answer is no reason to fail."""

from contextlib import suppress
from pathlib import Path


def sysfs_text(file: Path) -> str:
    """The text of a file; empty where it cannot be read."""
    try:
        return file.read_text(errors="replace").strip()
    except OSError:
        return ""


def sysfs_number(file: Path, base: int = 10) -> int | None:
    """The whole number in a file; None where it has none."""
    with suppress(ValueError):
        return int(sysfs_text(file), base)
    return None
