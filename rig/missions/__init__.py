"""Missions flown on one desk, and the references that their answers are compared with."""
