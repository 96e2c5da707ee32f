"""Campaigns: schedules of faults as files, many of them flown, the smallest that fails, and what they show."""
