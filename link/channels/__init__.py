"""Virtual channels: packets into frames by priority, and frames into packets."""
