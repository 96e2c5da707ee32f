"""Dictionaries as other tools have them, but XTCE: tables, dissectors, pages, schemas."""
