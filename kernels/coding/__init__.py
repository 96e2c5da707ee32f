"""Channel codes, checks and the cutting of packets and fields."""
