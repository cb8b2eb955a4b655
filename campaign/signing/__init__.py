"""Signing: submit, confirm, and the private page."""
