"""Models of training libraries, imported, and their results compared with the library's: `make bench-models`."""
