"""Context calibrations, chosen by conditions on other fields, once the numbers of these fields are known."""

from collections.abc import Callable
from typing import Any

import msgspec

from link.dictionary.codec.convert import Converter, converter
from link.dictionary.codec.places import Scopes, ScopeValues, Test, test_of
from link.dictionary.kinds import Field

Within = Callable[[Any, ScopeValues], Any]


def context_converter(field: Field, scopes: Scopes, default: Converter | None, *, lenient: bool) -> Within:
    """Function from a raw number of `field` and its frame to the value. Raises ValueError for a condition on a field
    that does not come before.
    """
    cases = tuple(_case(field, condition, curve, scopes, lenient) for condition, curve in field.contexts)

    def value_of(raw: Any, frame: ScopeValues) -> Any:
        for test, calibrated in cases:
            if test(frame):
                return calibrated(raw)
        return raw if default is None else default[0](raw)

    return value_of


def _case(field: Field, condition: Any, curve: Any, scopes: Scopes, lenient: bool) -> tuple[Test, Callable[[Any], Any]]:
    pair = converter(msgspec.structs.replace(field, calibration=curve, contexts=()), lenient=lenient)
    assert pair is not None, field  # a calibrated number has one
    return test_of(condition, scopes), pair[0]
