"""Analysis of recordings from any mission: their frames, packets and values."""
