"""Signed bundles: what the ground sends for a node to run or to compute with, in files that say who signed them."""
