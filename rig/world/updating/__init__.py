"""Updates in a world: small signed bundles, who starts them, orders in any order, and what must hold of all that."""
