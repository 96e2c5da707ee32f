"""What a node makes of images: products, alerts and screenings, as octets."""
