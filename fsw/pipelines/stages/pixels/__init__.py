"""Images to images: calibration, indices, filters and models."""
