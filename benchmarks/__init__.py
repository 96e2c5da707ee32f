"""Comparisons with other libraries: `python -m benchmarks AREA`. A module `AREA_topic.py` yields a topic's rows."""
