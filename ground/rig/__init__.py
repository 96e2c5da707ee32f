"""The whole system on one desk: simulated cable, demo, faults."""
