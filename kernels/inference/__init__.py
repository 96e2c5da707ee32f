"""Boosted trees and networks."""
