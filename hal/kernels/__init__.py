"""Typed faces of the C kernels, one module a family; the only importers of `_csrc`."""
