"""Commands: named, encoded, and followed to their completion."""
