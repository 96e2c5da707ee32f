"""File names as the ground shows and keeps them: on the link they are any octets, here they are text."""


def plain_name(name: str) -> str:
    """The name with octets that are not UTF-8, which CFDP hands over as surrogates, written as "%E9".

    An absolute name, as cFS sends them, becomes relative to our own folder: "/cf/log.bin" is "cf/log.bin".
    """
    relative = name.lstrip("/")
    return "".join(f"%{octet:02X}" if (octet := _octet(letter)) is not None else letter for letter in relative)


def _octet(letter: str) -> int | None:
    """The octet for which a surrogate of PEP 383 stands; None for any other character."""
    return ord(letter) - 0xDC00 if "\udc80" <= letter <= "\udcff" else None
