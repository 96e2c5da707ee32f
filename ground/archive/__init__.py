"""The archive of a station: writing it, reading it, and rescuing it from a damaged file."""
