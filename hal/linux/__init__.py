"""Drivers for a Linux board or laptop."""
