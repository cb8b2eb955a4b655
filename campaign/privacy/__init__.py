"""Privacy: erasure, retention, subject access, keys and breaches."""
