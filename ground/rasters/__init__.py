"""Import of images (GeoTIFF, JPEG 2000, PNG, npy) as scenes that a node reads. Flight software does not use it."""
