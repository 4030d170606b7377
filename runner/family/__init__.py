"""What is known of the target: its distribution, and the link from linear predictors to it."""

from runner.family.base import Family

__all__ = ["Family"]
