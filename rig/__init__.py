"""The whole system on one desk: what flies, what operates it, and everything between them, simulated."""
