"""Packets: space packets (CCSDS 133.0), encapsulation packets (133.1), their segments, streams and counts."""
