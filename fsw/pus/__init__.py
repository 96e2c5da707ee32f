"""The services of PUS-C (ECSS-E-ST-70-41C) on board: what a node does with the requests that link/pus declares."""
