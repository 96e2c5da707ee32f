"""Node and station on one virtual clock, from one seed: what goes wrong, and what may never happen."""
