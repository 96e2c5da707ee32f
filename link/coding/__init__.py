"""Frames into what a radio sends: coded units (CCSDS 131.0) and CLTUs (231.0)."""
