"""Output of a decoded recording: lines, tables and files."""
