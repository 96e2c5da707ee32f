"""What flies: executive, bus, jobs, store and forward, apps."""
