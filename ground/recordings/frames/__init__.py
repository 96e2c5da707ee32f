"""Frames of recordings, whatever spacecraft they are of."""
