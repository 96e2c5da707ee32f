"""Formats around recordings, recognised by content: network captures, KISS, compression, hexadecimal text."""
