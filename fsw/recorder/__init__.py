"""The on-board recorder: packets kept in stores until the ground has them."""
