"""Memory of the node under watch: what is checked again and again, and what the ground may look at."""
