"""Parameter and argument types of XTCE to fields."""
