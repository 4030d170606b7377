"""The numerical core: arrays and tables come in, solutions and scores go out; no config."""
