"""Linear models as plain numbers: compiled from a fitted Pipeline, evaluated, and written out."""
