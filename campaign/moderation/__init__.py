"""Moderation: hold, release or invalidate signatures, singly or by rule; attack mode; the trial."""
