"""Letters: states, lists, paper, and one within 30 days."""
