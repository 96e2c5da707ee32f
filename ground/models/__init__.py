"""Models of other libraries into those that fly."""
