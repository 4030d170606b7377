"""Streaming: files of any length come in, read once by batches; a run's results go out.

What reads (`sources`, `values`, `columns`, `sums`, `passage`) needs numpy and pyarrow alone, so
that it can start while the rest of the program is still being imported.
"""
