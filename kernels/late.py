"""numpy, imported when it is first used: a flight loop, which works on octets, starts without it.

if TYPE_CHECKING:
    import numpy as np
else:
    from kernels.late import np
"""

from importlib import import_module
from types import ModuleType
from typing import Any


class _LateModule(ModuleType):
    """Stands for the module of its name, and is as fast once that was used."""

    def __getattr__(self, name: str) -> Any:
        module = import_module(self.__name__)
        self.__dict__.update({key: value for key, value in vars(module).items() if not key.startswith("__")})
        return getattr(module, name)


np = _LateModule("numpy")
