"""Images as people have them, GeoTIFF, JPEG 2000, PNG, npy, to scenes as a node reads them; on the ground alone."""
