"""Categories of a data frame: a model trained with one knows their numbers 0, 1, 2 ... only, not their values."""

from collections.abc import Sequence

_SHOWN = 6


def check_numbers(categories: Sequence[object]) -> None:
    """Raises ValueError for categories that are numbers other than 0, 1, 2 ...: samples with the values 10, 20, 30
    would be taken for other categories. Categories that are words are allowed: their samples can only hold the numbers.
    """
    plain = all(isinstance(one, int | float) for one in categories)
    if plain and list(categories) != list(range(len(categories))):
        shown = ", ".join(f"{one}" for one in categories[:_SHOWN]) + (", ..." if len(categories) > _SHOWN else "")
        raise ValueError(
            f"a data frame's categories {shown}, which the model knows as 0 to {len(categories) - 1}: train it with "
            "these numbers, and give samples with them"
        )
