"""What can be set, read from the environment and checked once."""
