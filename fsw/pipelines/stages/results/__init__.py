"""What goes down: alerts, outlines, runs, tiles and products."""
