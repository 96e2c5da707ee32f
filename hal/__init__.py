"""Hardware abstraction: clock, port, storage medium, board, camera; `linux` has real drivers, `sim` simulated twins."""
