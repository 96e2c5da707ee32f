"""Checks of plain values from TOML, JSON and commands: finite, of bounded size and depth."""

import math
from collections.abc import Mapping
from typing import Any
from unicodedata import category

DEPTH_MAX = 32
TEXT_MAX = 4096
_LINE_ENDS = "\u2028\u2029"
_INTEGERS = range(-(2**63), 2**63)


def check_plain(value: Any, where: str = "", depth: int = 0) -> None:
    """Raises ValueError naming the first number that is not finite or needs more than 64 bits, the first text of more
    than TEXT_MAX characters or with control characters, and the first list or table nested more than DEPTH_MAX deep.
    """
    match value:
        case bool() | None:
            return
        case int() if value not in _INTEGERS:
            raise ValueError(f"{where}: an integer of more than 64 bits, expected up to 64")
        case float() if not math.isfinite(value):
            raise ValueError(f"{where} = {value}, expected a finite number")
        case str():
            _check_text(value, where)
        case Mapping():
            _check_depth(where, depth)
            for key, item in value.items():
                _check_text(key, where or "a key")
                check_plain(item, f"{where}.{key}" if where else key, depth + 1)
        case list() | tuple():
            _check_depth(where, depth)
            for number, item in enumerate(value):
                check_plain(item, f"{where}[{number}]", depth + 1)


def _check_text(text: str, where: str) -> None:
    if len(text) > TEXT_MAX:
        raise ValueError(f"{where}: a text of {len(text)} characters, expected at most {TEXT_MAX}")
    if not text.isprintable() and any(category(one)[0] == "C" or one in _LINE_ENDS for one in text):
        raise ValueError(f"{where} = {text[:40]!a}, expected a text without control characters")


def _check_depth(where: str, depth: int) -> None:
    if depth >= DEPTH_MAX:
        raise ValueError(f"{where[:80]}: nested more than {DEPTH_MAX} deep")
