"""Pages: report.html of a run and of a sweep, made from what their folders hold."""
