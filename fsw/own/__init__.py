"""Apps of a user's own: loaded from the files that a mission names, and given what their fields ask for."""
