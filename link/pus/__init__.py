"""Packet utilisation, PUS-C (ECSS-E-ST-70-41C): packets, and message types as declarations."""
