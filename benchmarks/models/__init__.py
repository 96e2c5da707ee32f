"""Models as people train them, imported and held to what their library says: `make bench-models`."""
