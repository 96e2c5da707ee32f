"""Gradient-boosted trees and neural networks."""
