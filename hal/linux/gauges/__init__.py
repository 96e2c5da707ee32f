"""What Linux tells of the computer that it runs on: its processes, its heat, and what it is fed from."""
