"""What time it is: how the node's clock stands to UTC, and how well that is known."""
