"""Transfer frames: TM (CCSDS 132.0), TC (232.0), AOS (732.0), USLP (732.1), and the units in their fields."""
