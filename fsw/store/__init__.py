"""Rooms of the product store (fsw/products.py): its folder, its files, and the format before."""
