"""Typed faces of the C kernels, one module a family; their library is loaded and its level settled by `library`."""
