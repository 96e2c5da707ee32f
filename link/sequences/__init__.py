"""Stored command sequences: the form of their files, and what is checked before one runs, on board and on ground."""
