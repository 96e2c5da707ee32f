"""The flight recorder for bugs: every input and output of a node, so that its flight can be replayed (rig/replay)."""
