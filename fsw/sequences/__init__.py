"""Stored command sequences on board: kept, run side by side, and taken up again after a restart."""
