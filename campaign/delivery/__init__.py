"""What is handed over and what comes back: queue, claims, attempts, digest, answers."""
