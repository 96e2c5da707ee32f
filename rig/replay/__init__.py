"""A recorded flight again: the same node over devices that answer as recorded, in virtual time."""
