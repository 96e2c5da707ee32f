"""Packet utilisation, PUS-C (ECSS-E-ST-70-41C): packets, message types as declarations, and pure handlers."""
