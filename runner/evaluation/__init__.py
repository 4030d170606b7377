"""The winner: refitted, predicted out of fold, tested once, its coefficients read."""
