"""Time codes (CCSDS 301.0), calendars and leap seconds."""
