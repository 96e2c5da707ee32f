"""From digital numbers to masks, and from masks to outlines."""
