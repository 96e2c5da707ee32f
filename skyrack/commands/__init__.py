"""The commands, one file each: their options, what they read and what they print."""
