"""Modes of the node, who may command what in which, and the last lines of defence that end in safe mode."""
