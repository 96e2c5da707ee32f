"""The node's apps: each declares its telemetry, events and commands beside what it does."""
