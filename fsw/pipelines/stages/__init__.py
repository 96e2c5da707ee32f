"""The stages themselves, one a file; each says in its contract what it takes and what it gives."""
