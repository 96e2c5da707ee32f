"""The health of a node: its vital signs and heartbeats, their limits, and jobs that wait while the board is hot."""
