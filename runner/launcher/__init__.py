"""Launchers: where the runs of a sweep are made, and how many at once."""

from runner.launcher.base import SHARED, Launcher, Site, WorkerDied

__all__ = ["SHARED", "Launcher", "Site", "WorkerDied"]
