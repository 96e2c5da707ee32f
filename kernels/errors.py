"""Exceptions of the kernels: octets that violate their format, and upsets while a kernel runs."""


class CorruptError(Exception):
    """The octets violate their format (SR_CORRUPT)."""


class UpsetError(Exception):
    """A checked computation differs from what its checksums predict: memory or arithmetic was upset. To repeat it with
    freshly loaded data may succeed.
    """
