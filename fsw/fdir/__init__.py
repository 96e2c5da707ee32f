"""Fault detection, isolation and recovery: watches over telemetry and parameters, and what is done when one trips."""
