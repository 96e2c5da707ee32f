"""What was read, as lines, tables and files."""
