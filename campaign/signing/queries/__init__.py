"""The only SQL of this subject."""
