"""Who restarts a node that asks for it: its supervisor, or nobody."""

from typing import Protocol


class Recovery(Protocol):
    """Takes requests, and fulfils them when and if it can: the node flies on until then."""

    def restart(self, cause: str) -> None:
        """Ask for a restart of the software, from the slot that is chosen then."""
        ...

    def reset(self, cause: str) -> None:
        """Ask for a reset of the board."""
        ...

    def boot_golden(self, cause: str) -> None:
        """Ask for a start of the golden copy, the software that is never replaced."""
        ...


class NoRecovery:
    """`Recovery` where nobody can: the node's own report of the request is all that comes of it."""

    def restart(self, cause: str) -> None:
        """Nothing."""

    def reset(self, cause: str) -> None:
        """Nothing."""

    def boot_golden(self, cause: str) -> None:
        """Nothing."""
