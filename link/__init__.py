"""What flight and ground both speak: packets, frames, COP-1, CFDP, dictionary. Pure: no I/O, no clock, no threads."""
