"""Octets of many packets into columns."""
