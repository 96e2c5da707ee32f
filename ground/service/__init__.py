"""The ground service: a station that serves clients over a Unix socket, and the client."""
