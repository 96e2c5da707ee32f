"""Recordings of anybody: what is in them, packet by packet."""
