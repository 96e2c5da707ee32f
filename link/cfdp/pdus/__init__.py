"""Protocol data units of CFDP (CCSDS 727.0 §5) and their fields."""
