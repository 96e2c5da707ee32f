"""Frames of recordings, of any spacecraft."""
