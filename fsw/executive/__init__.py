"""The loop: apps, the bus between them, and what happens when one fails."""
