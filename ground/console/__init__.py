"""The station's records as people read them in a terminal: lines, tables and plots."""
