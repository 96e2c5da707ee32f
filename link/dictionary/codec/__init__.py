"""Octets of one packet into values, and back."""
