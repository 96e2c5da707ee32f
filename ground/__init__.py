"""The ground segment: station, archive, commands, products and the service that operates a node."""
