"""The tests mirror the rooms of the package; each name is a sentence about behaviour."""
