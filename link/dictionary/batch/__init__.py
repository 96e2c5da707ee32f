"""Decoding of many packets at once, into columns of values."""
