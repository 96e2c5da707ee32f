"""Services by which a node acts on requests that it keeps; link/pus/catalogue.py says which."""
