"""Which core solves paths."""
