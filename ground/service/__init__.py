"""The station as a service, and its clients."""
