"""Views of memory as numbers in rows: what a flight loop passes on, and numpy makes an array of without a copy."""

from typing import Any, cast


def view_of(numbers: object) -> memoryview:
    """The memory of an array or a view, row after row, in its shape."""
    view = memoryview(cast("Any", numbers))
    return view if view.c_contiguous else shaped(view.tobytes(), view.format, shape_of(view))


def shaped(octets: bytes, form: str, shape: tuple[int, ...]) -> memoryview:
    """Octets as numbers of this form (struct) and shape, which is not empty."""
    view: Any = memoryview(octets)
    shaped_view: memoryview = view.cast(form, shape)
    return shaped_view


def shape_of(view: memoryview) -> tuple[int, ...]:
    """The sides of the view."""
    return view.shape or ()
