"""Statistics: pure functions of arrays and tables."""
