"""Simulated twins of the devices: equals of the real drivers, held to the same contract tests."""
