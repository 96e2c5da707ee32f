"""The flight loop: apps, the software bus between them, and how failures are contained."""
