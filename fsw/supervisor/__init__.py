"""The supervisor: a small process that starts the flight executive from a warm one, watches it, and restarts it."""
