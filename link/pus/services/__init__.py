"""The services of PUS-C, one module each: the message types that they exchange."""
