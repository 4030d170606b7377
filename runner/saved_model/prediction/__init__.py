"""Predictions of a saved model: files of rows come in, files of predictions go out."""
