"""The parts of the product store (fsw/store/products.py): its folder, its files, and its earlier format."""
