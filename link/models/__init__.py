"""Models in the form that is uplinked: signed bundles of weights, and what the kernels need to run them."""
