"""Options that several commands share, and the reading of the files that they name."""
