"""Products as files that people use: GeoJSON for maps, PNG to look at."""
