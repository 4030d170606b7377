"""Experiments: one run, many runs, and what they share."""
