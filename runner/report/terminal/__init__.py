"""The terminal: a progress bar while a run goes on, and tables that fit when it and a sweep end."""
