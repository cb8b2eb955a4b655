"""Signatures: identity, states, consents, counts, search."""
