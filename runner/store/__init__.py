"""Run directories: what is written there, and the only writer of it."""
