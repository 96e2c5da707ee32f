"""The services of PUS-C (ECSS-E-ST-70-41C) as a node performs them: who answers the requests that link/pus declares."""
