"""What several commands share: options, and the reading of what they name."""
