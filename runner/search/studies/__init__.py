"""Optuna's studies: where they are kept, what stands in them, and how several work on one."""
