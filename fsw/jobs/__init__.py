"""Jobs: computing in worker processes, where a crash costs an attempt and never the flight loop."""
