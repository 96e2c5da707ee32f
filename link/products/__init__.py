"""Results that a node derives from images, as files: products, alerts and screenings."""
