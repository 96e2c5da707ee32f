"""XTCE 1.2 (CCSDS 660.1-B-2, OMG formal/2018-02-04), in and out. What is not supported is refused by name and line."""
