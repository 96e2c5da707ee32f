"""Bridges: chosen topics of the bus go to other nodes over a port, and theirs come here."""
