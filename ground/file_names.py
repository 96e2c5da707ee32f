"""File names as the ground shows and keeps them: on the link they are any octets, here they are text."""


def plain_name(name: str) -> str:
    """The name with octets that are not UTF-8, which CFDP hands over as surrogates, written as "%E9"."""
    return "".join(f"%{octet:02X}" if (octet := _octet(letter)) is not None else letter for letter in name)


def _octet(letter: str) -> int | None:
    """What a surrogate of PEP 383 stands for."""
    return ord(letter) - 0xDC00 if "\udc80" <= letter <= "\udcff" else None
