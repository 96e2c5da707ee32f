"""Rooms of the product store (fsw/store/products.py): its folder, its files, and the format before."""
