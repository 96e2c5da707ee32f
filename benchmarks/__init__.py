"""Side by side with peers: `python -m benchmarks AREA`. A module `AREA_topic.py` yields the rows of its topic."""
