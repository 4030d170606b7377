"""Compiled solvers of paths, called with numpy arrays."""
