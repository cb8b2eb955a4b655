"""Erasing, retention, subject access, keys and breaches."""
