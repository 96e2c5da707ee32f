"""Node and station on one virtual clock, from one seed: faults are injected, and invariants are checked."""
