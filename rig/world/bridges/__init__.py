"""Bridges between the nodes of a world."""
