"""Signatures held, released, taken out, one by one or by rule; attack mode; the trial."""
