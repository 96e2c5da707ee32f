"""Apps of a world's nodes, as users write them: one that is watched, and one that others must be safe from."""
