"""All that was received, kept and read again."""
