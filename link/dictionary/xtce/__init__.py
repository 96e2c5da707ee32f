"""XTCE: 1.0 to 1.3 in, 1.2 (CCSDS 660.1-B-2, OMG formal/2018-02-04) out. What is not supported is refused by line."""
