"""What software stands on: clock, port, store, board, camera, kernels; `linux` real, `sim` twins."""
