"""Protocols of flight and ground: packets, frames, COP-1, CFDP, dictionary. Pure: no I/O, no clock, no threads."""
