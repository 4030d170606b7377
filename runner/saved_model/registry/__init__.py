"""A registry of models: runs come in, numbered versions of names, with aliases, go out."""
