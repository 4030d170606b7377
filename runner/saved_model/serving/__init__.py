"""Serving: a saved model comes in; an HTTP server that predicts with it, and explains, goes out."""
