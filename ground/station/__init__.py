"""One spacecraft's ground station: its links both ways, without I/O."""
