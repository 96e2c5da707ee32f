"""What a kernel that decodes says of octets that are not what its format says."""


class CorruptError(Exception):
    """The octets are not what the format says (SR_CORRUPT)."""
