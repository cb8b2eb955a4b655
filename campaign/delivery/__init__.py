"""Delivery and what comes back: queue, claims, attempts, digest, answers."""
