"""Commands that prepare what a node takes on board."""
