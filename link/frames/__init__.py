"""Transfer frames: TM (CCSDS 132.0), TC (232.0), AOS (732.0), USLP (732.1), and the units in their fields.

One frame at a time, as a link brings them, and written as well as read. ground/recordings/frames/framing.py reads the
same headers of whole recordings as columns, which is many times faster; properties beside its tests hold both equal.
"""
