"""Received products as files for people: GeoJSON maps and PNG pictures."""
