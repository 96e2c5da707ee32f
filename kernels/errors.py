"""What kernels say of octets that are not what their format says, and of faults while they run."""


class CorruptError(Exception):
    """The octets are not what the format says (SR_CORRUPT)."""


class UpsetError(Exception):
    """A checked computation is not what its sums predict: memory or arithmetic was upset; once more may succeed."""
