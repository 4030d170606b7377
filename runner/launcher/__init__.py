"""Launchers: where the runs of a sweep are made, and how many at once."""

from runner.launcher.base import Launcher, WorkerDied

__all__ = ["Launcher", "WorkerDied"]
