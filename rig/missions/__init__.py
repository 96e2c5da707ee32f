"""Missions flown on one desk, and what their answers are held against."""
