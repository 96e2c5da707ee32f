"""Updates as the ground prepares them: signed bundles and deltas, and what it takes to send them."""
